! A sphere with other material inside, from Fortran: u = x + 2 inside, u = x outside, mu = 1 and 3.
module fields
  use, intrinsic :: iso_c_binding
  implicit none
  real(c_double), parameter :: radius = 0.5_c_double, mu_minus = 1, mu_plus = 3
contains
  subroutine level_set(user, n, x, y, z, values) bind(c)
    type(c_ptr), value :: user
    integer(c_int64_t), value :: n
    real(c_double), intent(in) :: x(n), y(n), z(n)
    real(c_double), intent(out) :: values(n)
    values = sqrt(x**2 + y**2 + z**2) - radius
  end subroutine

  subroutine boundary(user, n, x, y, z, values) bind(c)
    type(c_ptr), value :: user
    integer(c_int64_t), value :: n
    real(c_double), intent(in) :: x(n), y(n), z(n)
    real(c_double), intent(out) :: values(n)
    values = x
  end subroutine

  subroutine jump_flux(user, n, x, y, z, values) bind(c)
    type(c_ptr), value :: user
    integer(c_int64_t), value :: n
    real(c_double), intent(in) :: x(n), y(n), z(n)
    real(c_double), intent(out) :: values(n)
    values = (mu_plus - mu_minus) * x / sqrt(x**2 + y**2 + z**2)
  end subroutine
end module

program sphere
  use nbm
  use fields
  implicit none
  type(c_ptr) :: problem, trainer, solution
  type(nbm_options) :: options
  real(c_double) :: lower(3) = -1, upper(3) = 1
  real(c_double) :: x(2) = [0.1d0, 0.7d0], y(2) = [0.2d0, -0.3d0], z(2) = [-0.1d0, 0.4d0], u(2)

  call check(nbm_problem_create(lower, upper, problem))
  call check(nbm_problem_set_function(problem, nbm_level_set, c_funloc(level_set), c_null_ptr))
  call check(nbm_problem_set_constant(problem, nbm_mu_minus, mu_minus))
  call check(nbm_problem_set_constant(problem, nbm_mu_plus, mu_plus))
  call check(nbm_problem_set_function(problem, nbm_boundary_plus, c_funloc(boundary), c_null_ptr))
  call check(nbm_problem_set_constant(problem, nbm_jump_u, -2.0_c_double))
  call check(nbm_problem_set_function(problem, nbm_jump_flux, c_funloc(jump_flux), c_null_ptr))

  call nbm_options_init(options)
  options%cell_size = 1.0_c_double / 16
  options%hidden_layers = 1
  options%hidden_width = 20
  options%regular = 600
  options%irregular = 400
  options%boundary = 300
  options%steps = 30
  call check(nbm_trainer_create(problem, options, "cpu" // c_null_char, c_null_ptr, trainer))
  call check(nbm_trainer_run(trainer, c_null_funptr, c_null_ptr))
  call check(nbm_trainer_solution(trainer, solution))
  call check(nbm_solution_evaluate(solution, 2_c_int64_t, x, y, z, 0_c_int32_t, u))
  print '(a,f8.4,a,f8.4)', "inside: u =", u(1), ", exact", x(1) + 2
  print '(a,f8.4,a,f8.4)', "outside: u =", u(2), ", exact", x(2)

  call nbm_solution_destroy(solution)
  call nbm_trainer_destroy(trainer)
  call nbm_problem_destroy(problem)
  if (abs(u(1) - x(1) - 2) > 5e-3 .or. abs(u(2) - x(2)) > 5e-3) error stop 1

contains
  subroutine check(status)
    integer(c_int32_t), intent(in) :: status
    character(kind=c_char), pointer :: text(:)
    integer :: i
    if (status == nbm_ok) return
    call c_f_pointer(nbm_last_error(), text, [4096])
    do i = 1, 4096
      if (text(i) == c_null_char) exit
      write (*, '(a)', advance='no') text(i)
    end do
    error stop 1
  end subroutine
end program

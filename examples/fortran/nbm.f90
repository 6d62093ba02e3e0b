! The part of nbm_c.h that examples need, for Fortran: add further interfaces in the same way.
module nbm
  use, intrinsic :: iso_c_binding
  implicit none

  integer(c_int32_t), parameter :: nbm_ok = 0
  integer(c_int32_t), parameter :: nbm_level_set = 0, nbm_jump_u = 1, nbm_jump_flux = 2
  integer(c_int32_t), parameter :: nbm_k_minus = 3, nbm_mu_minus = 4, nbm_f_minus = 5, nbm_boundary_minus = 6
  integer(c_int32_t), parameter :: nbm_k_plus = 7, nbm_mu_plus = 8, nbm_f_plus = 9, nbm_boundary_plus = 10
  integer(c_int32_t), parameter :: nbm_gauss_newton = 0, nbm_adam = 1

  ! The members of the C structure, in its order.
  type, bind(c) :: nbm_options
    integer(c_int64_t) :: struct_size
    real(c_double) :: cell_size(3)
    integer(c_int32_t) :: hidden_layers, hidden_width
    real(c_double) :: omega
    integer(c_int32_t) :: optimizer, discretization, precision, threads, loss, starts
    integer(c_int64_t) :: steps
    real(c_double) :: learning_rate, damping, stop_fraction
    integer(c_int64_t) :: regular, irregular, boundary, refresh, seed, record_every
    integer(c_int32_t) :: networks, trained
  end type

  interface
    function nbm_last_error() bind(c) result(text)
      import
      type(c_ptr) :: text
    end function
    function nbm_problem_create(lower, upper, problem) bind(c) result(status)
      import
      real(c_double), intent(in) :: lower(3), upper(3)
      type(c_ptr), intent(out) :: problem
      integer(c_int32_t) :: status
    end function
    subroutine nbm_problem_destroy(problem) bind(c)
      import
      type(c_ptr), value :: problem
    end subroutine
    function nbm_problem_set_constant(problem, field, constant) bind(c) result(status)
      import
      type(c_ptr), value :: problem
      integer(c_int32_t), value :: field
      real(c_double), value :: constant
      integer(c_int32_t) :: status
    end function
    function nbm_problem_set_function(problem, field, values_of, user) bind(c) result(status)
      import
      type(c_ptr), value :: problem, user
      integer(c_int32_t), value :: field
      type(c_funptr), value :: values_of
      integer(c_int32_t) :: status
    end function
    subroutine nbm_options_init(options) bind(c)
      import
      type(nbm_options), intent(out) :: options
    end subroutine
    ! communicator: c_null_ptr for this process alone.
    function nbm_trainer_create(problem, options, device, communicator, trainer) bind(c) result(status)
      import
      type(c_ptr), value :: problem, communicator
      type(nbm_options), intent(in) :: options
      character(kind=c_char), intent(in) :: device(*)
      type(c_ptr), intent(out) :: trainer
      integer(c_int32_t) :: status
    end function
    subroutine nbm_trainer_destroy(trainer) bind(c)
      import
      type(c_ptr), value :: trainer
    end subroutine
    ! record: c_null_funptr for none.
    function nbm_trainer_run(trainer, record, user) bind(c) result(status)
      import
      type(c_ptr), value :: trainer, user
      type(c_funptr), value :: record
      integer(c_int32_t) :: status
    end function
    function nbm_trainer_solution(trainer, solution) bind(c) result(status)
      import
      type(c_ptr), value :: trainer
      type(c_ptr), intent(out) :: solution
      integer(c_int32_t) :: status
    end function
    subroutine nbm_solution_destroy(solution) bind(c)
      import
      type(c_ptr), value :: solution
    end subroutine
    function nbm_solution_evaluate(solution, n, x, y, z, threads, values) bind(c) result(status)
      import
      type(c_ptr), value :: solution
      integer(c_int64_t), value :: n
      real(c_double), intent(in) :: x(n), y(n), z(n)
      integer(c_int32_t), value :: threads
      real(c_double), intent(out) :: values(n)
      integer(c_int32_t) :: status
    end function
  end interface
end module

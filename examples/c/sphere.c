/* A sphere with other material inside, from C: u = x + 2 inside, u = x outside, mu = 1 and 3. */
#include <math.h>
#include <nbm_c.h>
#include <stdio.h>
#include <stdlib.h>

static const double radius = 0.5, mu_minus = 1.0, mu_plus = 3.0;

static void check(nbm_status status) {
  if (status == NBM_OK) return;
  fprintf(stderr, "nbm: %s\n", nbm_last_error());
  exit(1);
}

static void level_set(void* user, int64_t n, const double* x, const double* y, const double* z, double* values) {
  (void)user;
  for (int64_t i = 0; i < n; ++i) values[i] = sqrt(x[i] * x[i] + y[i] * y[i] + z[i] * z[i]) - radius;
}

static void boundary(void* user, int64_t n, const double* x, const double* y, const double* z, double* values) {
  (void)user, (void)y, (void)z;
  for (int64_t i = 0; i < n; ++i) values[i] = x[i];
}

static void jump_flux(void* user, int64_t n, const double* x, const double* y, const double* z, double* values) {
  (void)user;
  for (int64_t i = 0; i < n; ++i) {
    values[i] = (mu_plus - mu_minus) * x[i] / sqrt(x[i] * x[i] + y[i] * y[i] + z[i] * z[i]);
  }
}

static int32_t record(void* user, int64_t step, double loss) {
  (void)user;
  if (step % 10 == 0) printf("step %3d  loss %.2e\n", (int)step, loss);
  return 0;
}

int main(void) {
  const double lower[3] = {-1, -1, -1}, upper[3] = {1, 1, 1};
  nbm_problem* problem;
  check(nbm_problem_create(lower, upper, &problem));
  check(nbm_problem_set_function(problem, NBM_LEVEL_SET, level_set, NULL));
  check(nbm_problem_set_constant(problem, NBM_MU_MINUS, mu_minus));
  check(nbm_problem_set_constant(problem, NBM_MU_PLUS, mu_plus));
  check(nbm_problem_set_function(problem, NBM_BOUNDARY_PLUS, boundary, NULL));
  check(nbm_problem_set_constant(problem, NBM_JUMP_U, -2.0));
  check(nbm_problem_set_function(problem, NBM_JUMP_FLUX, jump_flux, NULL));

  nbm_options options;
  nbm_options_init(&options);
  for (int axis = 0; axis < 3; ++axis) options.cell_size[axis] = 1.0 / 16;
  options.hidden_layers = 1;
  options.hidden_width = 20;
  options.regular = 600;
  options.irregular = 400;
  options.boundary = 300;
  options.steps = 30;
  nbm_trainer* trainer;
  check(nbm_trainer_create(problem, &options, "cpu", NULL, &trainer));
  check(nbm_trainer_run(trainer, record, NULL));

  nbm_solution* solution;
  check(nbm_trainer_solution(trainer, &solution));
  const double x[2] = {0.1, 0.7}, y[2] = {0.2, -0.3}, z[2] = {-0.1, 0.4};
  double u[2];
  check(nbm_solution_evaluate(solution, 2, x, y, z, 0, u));
  printf("inside: u = %.4f, exact %.4f;  outside: u = %.4f, exact %.4f\n", u[0], x[0] + 2.0, u[1], x[1]);

  /* What flows out at x = 1, mu du/dx = 3 on an area of 4, with an estimate of its error. */
  nbm_quantities* quantities;
  nbm_quantity flux;
  check(nbm_quantities_create(problem, solution, 16, 0, &quantities));
  check(nbm_quantities_flux(quantities, NBM_FACE(1), &flux));
  printf("flux: %.3f, estimated error %.0e, exact %.3f\n", flux.value, flux.error, 4.0 * mu_plus);

  nbm_quantities_destroy(quantities);
  nbm_solution_destroy(solution);
  nbm_trainer_destroy(trainer);
  nbm_problem_destroy(problem);
  const int good = fabs(flux.value - 4.0 * mu_plus) < 5e-2 && flux.error < 5e-2;
  return good && fabs(u[0] - x[0] - 2.0) < 5e-3 && fabs(u[1] - x[1]) < 5e-3 ? 0 : 1;
}

#ifndef NBM_C_H
#define NBM_C_H
/* nbm from C, Fortran (iso_c_binding) and whatever calls C: state a problem, train, evaluate, store.
 *
 * Every function returns a status; on anything but NBM_OK nothing has changed and nbm_last_error() says what was given,
 * what was expected and what to do. No exception leaves the library. Handles are made and destroyed by the caller
 * (destroying NULL is allowed); arrays are borrowed for the call. Different handles may be used from different threads
 * at once, and one solution from many. Coordinates are box coordinates; points are three arrays, one a coordinate.
 */
#include <stdint.h>

#if defined(__GNUC__)
#define NBM_C_EXPORT __attribute__((visibility("default")))
#else
#define NBM_C_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t nbm_status;
enum {
  NBM_OK = 0,
  NBM_INVALID_ARGUMENT = 1,
  NBM_INVALID_FIELD = 2,   /* a coefficient that is not finite, or mu not positive, at some point */
  NBM_NON_FINITE_LOSS = 3, /* training produced NaN or infinity */
  NBM_BACKEND_UNAVAILABLE = 4,
  NBM_FILE_ERROR = 5,
  NBM_RANK_FAILURE = 6, /* another rank failed with an error of its program */
  NBM_RANKS_DIVERGED = 7,
  NBM_OUT_OF_MEMORY = 8,
  NBM_ERROR = 9 /* any other */
};

/* The text of the last error of this thread; valid until the next call of nbm in this thread. Never NULL. */
NBM_C_EXPORT const char* nbm_last_error(void);
NBM_C_EXPORT const char* nbm_version(void);

/* --- problems: k u - div(mu grad u) = f on each side, minus where level_set < 0 (docs/method.md, section 1) --- */

typedef struct nbm_problem nbm_problem;

typedef int32_t nbm_field;
enum {
  NBM_LEVEL_SET = 0, /* default 1: no minus side */
  NBM_JUMP_U = 1,    /* u+ - u-, less resistance times the mean of mu dn u of both sides; default 0 */
  NBM_JUMP_FLUX = 2, /* mu+ dn u+ - mu- dn u-, less surface reaction times the mean of u; default 0 */
  NBM_K_MINUS = 3,   /* default 0 */
  NBM_MU_MINUS = 4,  /* default 1 */
  NBM_F_MINUS = 5,   /* default 0 */
  NBM_BOUNDARY_MINUS = 6,
  NBM_K_PLUS = 7,
  NBM_MU_PLUS = 8,
  NBM_F_PLUS = 9,
  NBM_BOUNDARY_PLUS = 10,
  NBM_RESISTANCE = 11,      /* of the interface, not negative; default 0 */
  NBM_SURFACE_REACTION = 12 /* default 0 */
};
/* mu dn u + transfer (u - ambient) = flux, n outward, on face 0 to 5 of the box (-x, +x, -y, +y, -z, +z), on the part
 * of the minus side (0) or the plus side (1): all default 0. To set one makes the law the condition of that face. */
enum { NBM_TRANSFER = 0, NBM_AMBIENT = 1, NBM_FLUX = 2 };
#define NBM_WALL(face, side, part) ((nbm_field)(16 + 6 * (face) + 3 * (side) + (part)))
/* u on the upper wall of axis 0 to 2 less u on the lower one, asked for on the lower one: to set it makes the two walls
 * one surface, and the box a cell that repeats along the axis; it forgets what was set of the two walls. Set after it,
 * NBM_FLUX of the upper wall is what the surface brings into the box, on both sides 0 by default. Trainers take a
 * constant jump, and no NBM_FLUX. */
#define NBM_PERIOD(axis) ((nbm_field)(64 + (axis)))

/* values[i] = field at (x[i], y[i], z[i]), i < count. Called from several threads at once, unless threads = 1. A point
 * where there is no value gets NaN, which ends the call that asked with NBM_INVALID_FIELD. */
typedef void (*nbm_function)(void* user, int64_t count, const double* x, const double* y, const double* z,
                             double* values);

NBM_C_EXPORT nbm_status nbm_problem_create(const double lower[3], const double upper[3], nbm_problem** problem);
NBM_C_EXPORT void nbm_problem_destroy(nbm_problem* problem);
NBM_C_EXPORT nbm_status nbm_problem_set_constant(nbm_problem* problem, nbm_field field, double value);
/* `user` is handed to the function and must live as long as the problem and all trainers and solutions made of it. */
NBM_C_EXPORT nbm_status nbm_problem_set_function(nbm_problem* problem, nbm_field field, nbm_function function,
                                                 void* user);
/* Values at the nodes of a uniform grid over the box of the problem, faces included, copied:
 * values[(i * shape[1] + j) * shape[2] + k] at node (i, j, k) along x, y, z. At least 4 nodes an axis: cubic. */
NBM_C_EXPORT nbm_status nbm_problem_set_grid(nbm_problem* problem, nbm_field field, const int64_t shape[3],
                                             const double* values);

/* Which network observations concern: that of the side on which each point lies, or one. */
enum { NBM_SIDE_OF_POINT = -1, NBM_SIDE_MINUS = 0, NBM_SIDE_PLUS = 1 };
/* Known values of u at `count` points of the box, copied: trainers that are created later fit them beside the equation
 * (docs/method.md, section 8). name: of their group of rows, letters, digits, '_' and '-', each group another; sigma:
 * standard deviations, NULL for 1; per_draw: points of a draw, 0 for all. Checked by nbm_trainer_create. */
NBM_C_EXPORT nbm_status nbm_problem_add_observations(nbm_problem* problem, const char* name, int64_t count,
                                                     const double* x, const double* y, const double* z,
                                                     const double* values, const double* sigma, int32_t side,
                                                     int64_t per_draw);

/* --- training --- */

enum { NBM_GAUSS_NEWTON = 0, NBM_ADAM = 1 };
enum { NBM_BOCHKOV_GIBOU = 0, NBM_DIRECT_JUMP = 1 };
enum { NBM_BALANCED = 0, NBM_PAPER = 1 };
enum { NBM_FLOAT64 = 0, NBM_FLOAT32 = 1 };
enum { NBM_NETWORKS_OF_SIDES = 0, NBM_NETWORKS_OF_PIECES = 1 };
enum { NBM_ALL_LAYERS = 0, NBM_OUTPUT_LAYER = 1 };

/* To be filled by nbm_options_init and then changed: later versions may add members. */
typedef struct nbm_options {
  int64_t struct_size; /* set by nbm_options_init */
  double cell_size[3];
  int32_t hidden_layers; /* of each network */
  int32_t hidden_width;
  double omega; /* frequency factor of the first layer */
  int32_t optimizer;
  int32_t discretization;
  int32_t precision; /* of the network's arithmetic */
  int32_t threads;   /* 0: all cores of this process, shared among the ranks that may use them */
  int32_t loss;      /* how the groups of rows are weighed */
  int32_t starts;    /* of Gauss-Newton: random starts, of which the best goes on; 1 where parameters are given */
  int64_t steps;
  double learning_rate; /* of Adam */
  double damping;       /* of Gauss-Newton, at the start */
  /* Of Gauss-Newton: ends the training where the RMS residual is below this fraction of what cells of half the size
   * leave, or the loss at new points falls no more; 0: neither. */
  double stop_fraction;
  int64_t regular; /* points of a draw, over all ranks */
  int64_t irregular;
  int64_t boundary;
  int64_t refresh; /* steps for which a draw is kept */
  uint64_t seed;
  int64_t record_every; /* steps between calls of the record function */
  int32_t networks;     /* one for each side, or for each connected piece of a side */
  int32_t trained;      /* layers that training moves; the others stay as they were drawn */
} nbm_options;

/* Gauss-Newton from one start, five hidden layers of ten, and a cell of one 64th of a box with edge 2. */
NBM_C_EXPORT void nbm_options_init(nbm_options* options);

/* The ranks that train together. nbm_communicator_from_mpi is in the library nbm_mpi: `handle` is MPI_Comm_c2f(comm) in
 * C, the communicator itself (its integer) in Fortran. It is duplicated. Collective. */
typedef struct nbm_communicator nbm_communicator;
NBM_C_EXPORT nbm_status nbm_communicator_from_mpi(int32_t handle, nbm_communicator** communicator);
NBM_C_EXPORT void nbm_communicator_destroy(nbm_communicator* communicator);

typedef struct nbm_trainer nbm_trainer;

/* Called after every recorded step; a number other than 0 ends the training. */
typedef int32_t (*nbm_record_function)(void* user, int64_t step, double loss);

/* The problem is copied. device: "auto", "cpu", "cuda", "cuda:1"; of "auto" and "cuda" the ranks of a node take the
 * GPUs in turn. communicator: NULL for this process alone; otherwise this call and those that train or handle
 * checkpoints are collective over its ranks. */
NBM_C_EXPORT nbm_status nbm_trainer_create(const nbm_problem* problem, const nbm_options* options, const char* device,
                                           const nbm_communicator* communicator, nbm_trainer** trainer);
NBM_C_EXPORT void nbm_trainer_destroy(nbm_trainer* trainer);
/* Trains to the end; goes on from where the last call stopped. `record` may be NULL. */
NBM_C_EXPORT nbm_status nbm_trainer_run(nbm_trainer* trainer, nbm_record_function record, void* user);
/* `count` steps, or fewer if the training ends. */
NBM_C_EXPORT nbm_status nbm_trainer_step(nbm_trainer* trainer, int64_t count, nbm_record_function record, void* user);
NBM_C_EXPORT nbm_status nbm_trainer_steps_done(const nbm_trainer* trainer, int64_t* steps);
/* The loss of the last recorded step; NBM_INVALID_ARGUMENT before the first. */
NBM_C_EXPORT nbm_status nbm_trainer_loss(const nbm_trainer* trainer, double* loss);
/* Parameters of both networks, the minus network first: to start one training from another, before its first step. */
NBM_C_EXPORT nbm_status nbm_trainer_parameter_count(const nbm_trainer* trainer, int64_t* count);
NBM_C_EXPORT nbm_status nbm_trainer_get_parameters(const nbm_trainer* trainer, int64_t count, double* values);
NBM_C_EXPORT nbm_status nbm_trainer_set_parameters(nbm_trainer* trainer, int64_t count, const double* values);
/* What multiplies the weight of a group of rows from now on: "regular", "irregular", "boundary", "value_jump",
 * "flux_jump" or observations; 1 at first, 0 leaves its rows out. Collective. */
NBM_C_EXPORT nbm_status nbm_trainer_set_weight(nbm_trainer* trainer, const char* group, double factor);
NBM_C_EXPORT nbm_status nbm_trainer_save_checkpoint(const nbm_trainer* trainer, const char* path);
NBM_C_EXPORT nbm_status nbm_trainer_load_checkpoint(nbm_trainer* trainer, const char* path);

/* --- solutions --- */

typedef struct nbm_solution nbm_solution;

/* What nbm_solve found about its solution: RMS errors of u over the box. */
typedef struct nbm_estimate {
  double rms_error; /* estimated */
  double range;     /* largest u less the smallest (ErrorEstimate::range), to compare with */
  double sources;   /* part of it by sources narrower than the cells of the grid that looks at it */
  double flux;      /* part of it by flux at the interface between its nodes */
} nbm_estimate;

/* Solves a problem without being told how (docs/method.md, section 15), with `threads` threads (0: all cores); the same
 * bits for any number. `estimate` may be NULL. */
NBM_C_EXPORT nbm_status nbm_solve(const nbm_problem* problem, uint64_t seed, int32_t threads, nbm_estimate* estimate,
                                  nbm_solution** solution);
/* The solution as trained so far; independent of the trainer. */
NBM_C_EXPORT nbm_status nbm_trainer_solution(const nbm_trainer* trainer, nbm_solution** solution);
NBM_C_EXPORT void nbm_solution_destroy(nbm_solution* solution);
/* The classical solution on cells[0] x cells[1] x cells[2] cells, a function like any solution, without networks.
 * tolerance: of the linear system's residual, relative, such as 1e-10. threads: 0 for all cores. */
NBM_C_EXPORT nbm_status nbm_solve_on_grid(const nbm_problem* problem, const int64_t cells[3], double tolerance,
                                          int32_t threads, nbm_solution** solution);
/* A new solution: the given one with its error, as a grid of these cells sees it, added to its networks. */
NBM_C_EXPORT nbm_status nbm_solution_correct(const nbm_problem* problem, const nbm_solution* solution,
                                             const int64_t cells[3], double tolerance, int32_t threads,
                                             nbm_solution** corrected);
/* Model files; one whose level set is a function cannot be stored completely and not be loaded: use a grid then. */
NBM_C_EXPORT nbm_status nbm_solution_save(const nbm_solution* solution, const char* path);
NBM_C_EXPORT nbm_status nbm_solution_load(const char* path, nbm_solution** solution);
/* u at `count` points, by the side on which each lies, on `threads` threads (0: all cores). */
NBM_C_EXPORT nbm_status nbm_solution_evaluate(const nbm_solution* solution, int64_t count, const double* x,
                                              const double* y, const double* z, int32_t threads, double* values);
NBM_C_EXPORT nbm_status nbm_solution_evaluate_gradient(const nbm_solution* solution, int64_t count, const double* x,
                                                       const double* y, const double* z, int32_t threads,
                                                       double* values, double* gradient_x, double* gradient_y,
                                                       double* gradient_z);

/* --- numbers that a solution is asked for (docs/quantities.md) --- */

typedef struct nbm_quantities nbm_quantities;

/* A number and the estimate of its error, the sum of its parts (docs/method.md, section 16). */
typedef struct nbm_quantity {
  double value;
  double error;
  double quadrature; /* what half as many cells of the quadrature change */
  double grid;       /* what the classical solver adds to u */
  double change;     /* what its finer grid changes */
} nbm_quantity;

/* Over what: the box, a side, the interface with u and fluxes of one side, one of the six walls of the box or all. */
typedef int32_t nbm_domain;
enum { NBM_BOX = 0, NBM_MINUS = 1, NBM_PLUS = 2, NBM_INTERFACE_MINUS = 3, NBM_INTERFACE_PLUS = 4, NBM_WALLS = 5 };
#define NBM_FACE(face) ((nbm_domain)(6 + (face)))

/* Of a solution of a problem; both are copied. cells: of the quadrature along the longest edge, 8 to 512, such as 32.
 * threads: 0 for all cores. The first number solves on two grids; the others of the same handle go on with these. One
 * thread at a time. */
NBM_C_EXPORT nbm_status nbm_quantities_create(const nbm_problem* problem, const nbm_solution* solution, int64_t cells,
                                              int32_t threads, nbm_quantities** quantities);
NBM_C_EXPORT void nbm_quantities_destroy(nbm_quantities* quantities);
/* The integral of mu du/dn over the interface (n from minus to plus) or walls (n out of the box), */
NBM_C_EXPORT nbm_status nbm_quantities_flux(nbm_quantities* quantities, nbm_domain surface, nbm_quantity* flux);
/* and over the zeros of another level set, a function as those of problems, n to where it is positive. */
NBM_C_EXPORT nbm_status nbm_quantities_flux_through(nbm_quantities* quantities, nbm_function level_set, void* user,
                                                    nbm_quantity* flux);
/* The integral of u, its mean (NaN where there is nothing of the domain), and the volume or area. */
NBM_C_EXPORT nbm_status nbm_quantities_integral(nbm_quantities* quantities, nbm_domain domain, nbm_quantity* integral);
NBM_C_EXPORT nbm_status nbm_quantities_mean(nbm_quantities* quantities, nbm_domain domain, nbm_quantity* mean);
NBM_C_EXPORT nbm_status nbm_quantities_measure(nbm_quantities* quantities, nbm_domain domain, nbm_quantity* measure);
/* Half the integral of mu |grad u|^2 + k u^2 over the box or a side. */
NBM_C_EXPORT nbm_status nbm_quantities_energy(nbm_quantities* quantities, nbm_domain volume, nbm_quantity* energy);
/* The force on what a closed surface encloses, by the Maxwell stress of u as a potential: three numbers. */
NBM_C_EXPORT nbm_status nbm_quantities_force(nbm_quantities* quantities, nbm_domain surface, nbm_quantity force[3]);
/* The smallest and the largest u in the box or on a side, and where; `place` may be NULL. */
NBM_C_EXPORT nbm_status nbm_quantities_minimum(nbm_quantities* quantities, nbm_domain volume, nbm_quantity* minimum,
                                               double place[3]);
NBM_C_EXPORT nbm_status nbm_quantities_maximum(nbm_quantities* quantities, nbm_domain volume, nbm_quantity* maximum,
                                               double place[3]);

/* --- solutions on a GPU --- */

typedef struct nbm_device_solution nbm_device_solution;

/* Copies weights and level set to a GPU ("cuda", "cuda:1"), where they stay; independent of `solution`. The level set
 * must not be a function. NBM_BACKEND_UNAVAILABLE where the GPU or the CUDA backend is missing. */
NBM_C_EXPORT nbm_status nbm_device_solution_create(const nbm_solution* solution, const char* device,
                                                   nbm_device_solution** device_solution);
NBM_C_EXPORT void nbm_device_solution_destroy(nbm_device_solution* device_solution);
/* As nbm_solution_evaluate, but points and results are in the memory of the GPU, and the work is done in the order of
 * `stream`, a cudaStream_t (NULL: the default stream): the call returns before it is done, and the arrays must live
 * until then. precision: NBM_FLOAT64 or NBM_FLOAT32, of the arithmetic of networks, and of a correction's values. Where
 * the level set is not finite the result is NaN. */
NBM_C_EXPORT nbm_status nbm_device_solution_evaluate(const nbm_device_solution* device_solution, int64_t count,
                                                     const double* x, const double* y, const double* z,
                                                     int32_t precision, void* stream, double* values);
NBM_C_EXPORT nbm_status nbm_device_solution_evaluate_gradient(const nbm_device_solution* device_solution, int64_t count,
                                                              const double* x, const double* y, const double* z,
                                                              int32_t precision, void* stream, double* values,
                                                              double* gradient_x, double* gradient_y,
                                                              double* gradient_z);
/* The same for arrays of float. */
NBM_C_EXPORT nbm_status nbm_device_solution_evaluate_float(const nbm_device_solution* device_solution, int64_t count,
                                                           const float* x, const float* y, const float* z,
                                                           int32_t precision, void* stream, float* values);
NBM_C_EXPORT nbm_status nbm_device_solution_evaluate_gradient_float(const nbm_device_solution* device_solution,
                                                                    int64_t count, const float* x, const float* y,
                                                                    const float* z, int32_t precision, void* stream,
                                                                    float* values, float* gradient_x, float* gradient_y,
                                                                    float* gradient_z);

#ifdef __cplusplus
}
#endif
#endif

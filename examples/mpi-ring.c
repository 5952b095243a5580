/* A ring and an allreduce: the smallest program that needs every rank to reach the others.
 *
 *   mpicc.openmpi -O2 -o mpi-ring mpi-ring.c      for: mpirun ./mpi-ring
 *   mpicc.mpich   -O2 -o mpi-ring mpi-ring.c      for: srun --mpi=pmi2 ./mpi-ring
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

enum { kBlockBytes = 1 << 20 };

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    int rank, size, length;
    char host[MPI_MAX_PROCESSOR_NAME];
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Get_processor_name(host, &length);
    printf("rank %d of %d on %s\n", rank, size, host);
    fflush(stdout);

    /* A block goes once around: each rank adds one to its first byte. */
    unsigned char *block = calloc(kBlockBytes, 1);
    const int next = (rank + 1) % size, previous = (rank + size - 1) % size;
    if (rank == 0)
        MPI_Send(block, kBlockBytes, MPI_UNSIGNED_CHAR, next, 0, MPI_COMM_WORLD);
    MPI_Recv(block, kBlockBytes, MPI_UNSIGNED_CHAR, previous, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    block[0]++;
    if (rank != 0)
        MPI_Send(block, kBlockBytes, MPI_UNSIGNED_CHAR, next, 0, MPI_COMM_WORLD);

    int sum = 0;
    MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    const int good = sum == size * (size - 1) / 2 && (rank != 0 || block[0] == size % 256);
    if (rank == 0)
        printf("ring of %d ranks: %d, sum of the ranks: %d: %s\n", size, block[0], sum,
               good ? "right" : "WRONG");
    free(block);
    MPI_Finalize();
    return good ? 0 : 1;
}

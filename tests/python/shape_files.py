"""Small files of the kinds that nbm.geometry reads, as they should be and as they are."""

import struct

import numpy as np


def icosphere(radius=1.0, subdivisions=3):
    import trimesh

    made = trimesh.creation.icosphere(subdivisions)
    return np.array(made.vertices) * radius, np.array(made.faces, dtype=np.int64)


def binary_stl(vertices, faces, count=None):
    body = b"".join(
        struct.pack("<12f", 0, 0, 0, *vertices[face].ravel()) + b"\0\0" for face in np.asarray(faces, dtype=int)
    )
    return b"\0" * 80 + struct.pack("<I", len(faces) if count is None else count) + body


def text_ply(vertices, faces, vertex_count=None, face_count=None):
    lines = ["ply", "format ascii 1.0"]
    lines += [f"element vertex {len(vertices) if vertex_count is None else vertex_count}"]
    lines += [f"property double {axis}" for axis in "xyz"]
    lines += [f"element face {len(faces) if face_count is None else face_count}"]
    lines += ["property list uchar int vertex_indices", "end_header"]
    lines += [" ".join(repr(float(c)) for c in vertex) for vertex in vertices]
    lines += [f"3 {a} {b} {c}" for a, b, c in faces]
    return ("\n".join(lines) + "\n").encode()


def text_obj(vertices, faces):
    lines = [f"v {x} {y} {z}" for x, y, z in vertices] + [f"f {a + 1} {b + 1} {c + 1}" for a, b, c in faces]
    return ("\n".join(lines) + "\n").encode()


def ball_image(cells=24, radius=0.6):
    """Distances of the centres of cells^3 voxels over [-1, 1]^3 from the middle, and the edge of a voxel."""
    axis = (np.arange(cells) + 0.5) * 2 / cells - 1
    return np.linalg.norm(np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1), axis=-1), 2 / cells

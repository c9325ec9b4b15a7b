/* Names nothing: the headers of libav stay inside the C target, see Sources/CAV. */

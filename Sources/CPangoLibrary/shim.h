/* Names nothing: pangocairo.h stays inside the C target, see Sources/CPrint. */

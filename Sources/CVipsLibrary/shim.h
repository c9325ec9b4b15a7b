/* Names nothing: vips.h stays inside the C target, see Sources/CVips. */

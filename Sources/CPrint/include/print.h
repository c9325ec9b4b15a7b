#pragma once

#include <stddef.h>

/* A PDF in the making: cairo's surface, written to memory. Lengths are points (1/72 inch), colours 0xRRGGBB. */
typedef struct zl_print zl_print;
/* A text that has been set in lines. */
typedef struct zl_text zl_text;

typedef enum { ZL_LEFT, ZL_CENTRE, ZL_RIGHT } zl_alignment;

/* NULL where there is no memory. `limit` bounds the bytes of the file. */
zl_print *zl_print_open(double width, double height, const char *title, const char *family, size_t limit);
void zl_print_free(zl_print *print);

/* Sets `utf8` in lines no wider than `width`; NULL where there is no memory. */
zl_text *zl_text_make(zl_print *print, const char *utf8, double size, int bold, double width, zl_alignment alignment);
void zl_text_free(zl_text *text);
int zl_text_lines(const zl_text *text);
/* The height of lines `from` up to `to`. */
double zl_text_height(const zl_text *text, int from, int to);
/* The width of the widest line. */
double zl_text_width(const zl_text *text);

void zl_print_text(zl_print *print, const zl_text *text, int from, int to, double x, double y, unsigned colour);
void zl_print_rectangle(zl_print *print, double x, double y, double width, double height, unsigned colour);
void zl_print_line(zl_print *print, const double *points, int count, double thickness, unsigned colour, int dashed);
/* `address` holds no quote, bracket or backslash. */
void zl_print_link(zl_print *print, const char *address, double x, double y, double width, double height);
void zl_print_next_page(zl_print *print);

/* Ends the file. 0 and its bytes, which stay the print's own, or cairo's status. */
int zl_print_finish(zl_print *print, const unsigned char **bytes, size_t *count);

/* The few things that Zhili asks of libav, without its types. Every call blocks: use threads of your own. */
#ifndef ZL_CAV_H
#define ZL_CAV_H

#include <stddef.h>
#include <stdint.h>

/* A time that is not known. */
#define ZL_NO_TIME INT64_MIN

enum zl_media_kind { ZL_NONE = 0, ZL_H264 = 1, ZL_H265 = 2, ZL_ALAW = 3, ZL_MULAW = 4, ZL_AAC = 5 };

/* ---- Pulling a camera by its address (RTSP) ---- */

/* What became of opening: what was reached last tells what to mend. */
enum zl_pull_result {
    ZL_OPEN = 0,
    ZL_UNREACHABLE = 1,  /* no connection */
    ZL_NO_ANSWER = 2,    /* no answer, or one that is none of RTSP or refuses for other reasons than the next two */
    ZL_UNAUTHORIZED = 3, /* another user or password is wanted */
    ZL_NO_STREAM = 4,    /* there is nothing under this path */
    ZL_SILENT = 5,       /* it was agreed to send, and nothing came */
    ZL_NO_VIDEO = 6,
    ZL_OTHER_CODEC = 7
};

typedef struct zl_pull zl_pull;

/* A pull that is not connected; NULL when there is no memory. */
zl_pull *zl_pull_new(void);
/* Connects and asks for the streams: an enum zl_pull_result. Packets come over RTSP's own connection, or by UDP. This
 * and each of the next calls ends early after zl_pull_stop, or timeout_ms after it began. */
int zl_pull_open(zl_pull *pull, const char *url, int over_udp, int timeout_ms);
/* Waits for the first packets of an open pull and learns what they carry: an enum zl_pull_result. */
int zl_pull_learn(zl_pull *pull);
/* Whether a call ended because nothing came for timeout_ms. */
int zl_pull_timed_out(zl_pull *pull);
/* The video's parameter sets from the description (annex B), or NULL. */
const uint8_t *zl_pull_parameters(zl_pull *pull, size_t *count);
/* How the sound is coded where it is AAC (AudioSpecificConfig), or NULL. */
const uint8_t *zl_pull_sound(zl_pull *pull, size_t *count);
/* The next packet; valid until the next call. Its kind, ZL_NONE for one that is of no use, or a negative error.
 * Times count at 90 kHz. */
int zl_pull_read(zl_pull *pull, const uint8_t **bytes, size_t *count, int64_t *pts, int64_t *dts);
/* Makes the other calls return soon; from any thread. */
void zl_pull_stop(zl_pull *pull);
/* Closes; no other call may be under way. */
void zl_pull_free(zl_pull *pull);

/* ---- H.265 made into H.264, for browsers that cannot H.265 ---- */

typedef struct zl_transcoder zl_transcoder;

/* Pictures wider than most_width are made smaller; NULL where a coding is missing. */
zl_transcoder *zl_transcoder_new(int most_width);
/* Takes an access unit (annex B) with its time at 90 kHz; negative when it is none. */
int zl_transcoder_put(zl_transcoder *transcoder, const uint8_t *bytes, size_t count, int64_t pts);
/* The next access unit of H.264 (annex B, parameter sets before each key frame, which comes every two seconds), valid
 * until the next call: 1, 0 when nothing comes yet, or a negative error. */
int zl_transcoder_next(zl_transcoder *transcoder, const uint8_t **bytes, size_t *count, int64_t *pts);
void zl_transcoder_free(zl_transcoder *transcoder);

/* ---- A generated picture, coded as H.264 ---- */

typedef struct zl_coder zl_coder;

/* A coder of width × height at so many pictures a second and bits a second, a key frame every second, without
 * bidirectional pictures; NULL where libx264 is missing. hevc asks for H.265 by libx265 instead. */
zl_coder *zl_coder_new(int width, int height, int per_second, int bit_rate, int hevc);
/* The planes to draw on (I420). */
uint8_t *zl_coder_plane(zl_coder *coder, int plane, int *stride);
/* Codes what was drawn as picture `number`; 1 with bytes valid until the next call, 0 when nothing comes yet, or a
 * negative error. */
int zl_coder_code(zl_coder *coder, int64_t number, const uint8_t **bytes, size_t *count, int *is_key);
void zl_coder_free(zl_coder *coder);

/* ---- A tone, coded as AAC ---- */

typedef struct zl_tone zl_tone;

/* A tone of one channel, half of each second, at so many samples a second; NULL where AAC is missing. */
zl_tone *zl_tone_new(int rate);
/* AudioSpecificConfig. */
const uint8_t *zl_tone_config(zl_tone *tone, size_t *count);
/* The next 1,024 samples; 1 with bytes valid until the next call, 0 when nothing comes yet, or a negative error. */
int zl_tone_code(zl_tone *tone, const uint8_t **bytes, size_t *count);
void zl_tone_free(zl_tone *tone);

#endif

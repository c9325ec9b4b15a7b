#include "cav.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/time.h>
#include <stdatomic.h>
#include <stdlib.h>

struct zl_pull {
    AVFormatContext *format;
    AVPacket *packet;
    int video, audio, video_kind, audio_kind;
    atomic_int stopped;
    atomic_llong deadline; /* microseconds of av_gettime_relative */
    atomic_int timed_out;
    int64_t timeout;
};

static int interrupted(void *opaque) {
    zl_pull *pull = opaque;
    if (atomic_load(&pull->stopped)) return 1;
    if (av_gettime_relative() <= atomic_load(&pull->deadline)) return 0;
    atomic_store(&pull->timed_out, 1);
    return 1;
}

static void extend(zl_pull *pull) { atomic_store(&pull->deadline, av_gettime_relative() + pull->timeout); }

zl_pull *zl_pull_new(void) {
    zl_pull *pull = calloc(1, sizeof *pull);
    if (pull == NULL) return NULL;
    pull->video = pull->audio = -1;
    pull->packet = av_packet_alloc();
    if (pull->packet == NULL) {
        free(pull);
        return NULL;
    }
    return pull;
}

static int kind_of(const AVCodecParameters *parameters) {
    switch (parameters->codec_id) {
    case AV_CODEC_ID_H264: return ZL_H264;
    case AV_CODEC_ID_HEVC: return ZL_H265;
    case AV_CODEC_ID_PCM_ALAW: return parameters->sample_rate == 8000 ? ZL_ALAW : ZL_NONE;
    case AV_CODEC_ID_PCM_MULAW: return parameters->sample_rate == 8000 ? ZL_MULAW : ZL_NONE;
    case AV_CODEC_ID_AAC: return parameters->extradata_size >= 2 ? ZL_AAC : ZL_NONE;
    default: return ZL_NONE;
    }
}

static int refusal(zl_pull *pull, int error) {
    if (atomic_load(&pull->timed_out)) return ZL_NO_ANSWER;
    switch (error) {
    case AVERROR_HTTP_UNAUTHORIZED:
    case AVERROR_HTTP_FORBIDDEN: return ZL_UNAUTHORIZED;
    case AVERROR_HTTP_NOT_FOUND: return ZL_NO_STREAM;
    case AVERROR(ECONNREFUSED):
    case AVERROR(ETIMEDOUT):
    case AVERROR(EHOSTUNREACH):
    case AVERROR(ENETUNREACH):
    case AVERROR(EIO): return ZL_UNREACHABLE;
    default: return ZL_NO_ANSWER;
    }
}

int zl_pull_open(zl_pull *pull, const char *url, int over_udp, int timeout_ms) {
    av_log_set_level(AV_LOG_QUIET);
    pull->timeout = (int64_t)timeout_ms * 1000;
    extend(pull);
    pull->format = avformat_alloc_context();
    if (pull->format == NULL) return ZL_NO_ANSWER;
    pull->format->interrupt_callback.callback = interrupted;
    pull->format->interrupt_callback.opaque = pull;
    AVDictionary *options = NULL;
    av_dict_set(&options, "rtsp_transport", over_udp ? "udp" : "tcp", 0);
    /* Nothing but RTSP and what it stands on: no file, no playlist. */
    av_dict_set(&options, "protocol_whitelist", "rtsp,rtp,tcp,udp", 0);
    av_dict_set(&options, "analyzeduration", "100000", 0);
    av_dict_set(&options, "probesize", "100000", 0);
    av_dict_set(&options, "fpsprobesize", "0", 0);
    int result = avformat_open_input(&pull->format, url, NULL, &options);
    av_dict_free(&options);
    return result < 0 ? refusal(pull, result) : ZL_OPEN;
}

int zl_pull_learn(zl_pull *pull) {
    extend(pull);
    if (avformat_find_stream_info(pull->format, NULL) < 0) return ZL_SILENT;
    pull->video = av_find_best_stream(pull->format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    pull->audio = av_find_best_stream(pull->format, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
    if (pull->video < 0) return ZL_NO_VIDEO;
    pull->video_kind = kind_of(pull->format->streams[pull->video]->codecpar);
    if (pull->audio >= 0) pull->audio_kind = kind_of(pull->format->streams[pull->audio]->codecpar);
    if (pull->video_kind == ZL_NONE) return ZL_OTHER_CODEC;
    /* libav calls it well when the interrupt ended its waiting. */
    return atomic_load(&pull->timed_out) ? ZL_SILENT : ZL_OPEN;
}

int zl_pull_timed_out(zl_pull *pull) { return atomic_load(&pull->timed_out); }

const uint8_t *zl_pull_parameters(zl_pull *pull, size_t *count) {
    *count = 0;
    if (pull->format == NULL || pull->video < 0) return NULL;
    const AVCodecParameters *parameters = pull->format->streams[pull->video]->codecpar;
    if (parameters->extradata_size <= 0) return NULL;
    *count = (size_t)parameters->extradata_size;
    return parameters->extradata;
}

const uint8_t *zl_pull_sound(zl_pull *pull, size_t *count) {
    *count = 0;
    if (pull->format == NULL || pull->audio < 0 || pull->audio_kind != ZL_AAC) return NULL;
    const AVCodecParameters *parameters = pull->format->streams[pull->audio]->codecpar;
    *count = (size_t)parameters->extradata_size;
    return parameters->extradata;
}

static int64_t scaled(int64_t time, AVRational base) {
    if (time == AV_NOPTS_VALUE) return ZL_NO_TIME;
    return av_rescale_q(time, base, (AVRational){1, 90000}) & 0x1ffffffff;
}

int zl_pull_read(zl_pull *pull, const uint8_t **bytes, size_t *count, int64_t *pts, int64_t *dts) {
    extend(pull);
    av_packet_unref(pull->packet);
    int result = av_read_frame(pull->format, pull->packet);
    if (result < 0) return result;
    int index = pull->packet->stream_index;
    if (index != pull->video && index != pull->audio) return ZL_NONE;
    AVRational base = pull->format->streams[index]->time_base;
    *bytes = pull->packet->data;
    *count = pull->packet->size > 0 ? (size_t)pull->packet->size : 0;
    *pts = scaled(pull->packet->pts, base);
    *dts = scaled(pull->packet->dts, base);
    return index == pull->video ? pull->video_kind : pull->audio_kind;
}

void zl_pull_stop(zl_pull *pull) { atomic_store(&pull->stopped, 1); }

void zl_pull_free(zl_pull *pull) {
    if (pull == NULL) return;
    av_packet_free(&pull->packet);
    avformat_close_input(&pull->format);
    free(pull);
}

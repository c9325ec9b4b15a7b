#include "cav.h"

#include <libavcodec/avcodec.h>
#include <math.h>
#include <stdlib.h>

struct zl_tone {
    AVCodecContext *context;
    AVFrame *frame;
    AVPacket *packet;
    int64_t sample;
};

zl_tone *zl_tone_new(int rate) {
    av_log_set_level(AV_LOG_QUIET);
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_AAC);
    if (codec == NULL) return NULL;
    zl_tone *tone = calloc(1, sizeof *tone);
    if (tone == NULL) return NULL;
    tone->context = avcodec_alloc_context3(codec);
    tone->frame = av_frame_alloc();
    tone->packet = av_packet_alloc();
    if (tone->context == NULL || tone->frame == NULL || tone->packet == NULL) goto failed;
    tone->context->sample_rate = rate;
    tone->context->sample_fmt = AV_SAMPLE_FMT_FLTP;
    tone->context->bit_rate = 32000;
    tone->context->thread_count = 1;
    tone->context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    av_channel_layout_default(&tone->context->ch_layout, 1);
    if (avcodec_open2(tone->context, codec, NULL) < 0 || tone->context->frame_size != 1024) goto failed;
    tone->frame->nb_samples = tone->context->frame_size;
    tone->frame->format = tone->context->sample_fmt;
    tone->frame->sample_rate = rate;
    av_channel_layout_default(&tone->frame->ch_layout, 1);
    if (av_frame_get_buffer(tone->frame, 0) < 0) goto failed;
    return tone;
failed:
    zl_tone_free(tone);
    return NULL;
}

const uint8_t *zl_tone_config(zl_tone *tone, size_t *count) {
    *count = tone->context->extradata_size > 0 ? (size_t)tone->context->extradata_size : 0;
    return tone->context->extradata;
}

int zl_tone_code(zl_tone *tone, const uint8_t **bytes, size_t *count) {
    if (av_frame_make_writable(tone->frame) < 0) return -1;
    float *samples = (float *)tone->frame->data[0];
    int rate = tone->context->sample_rate;
    for (int i = 0; i < tone->frame->nb_samples; i++, tone->sample++) {
        int sounds = tone->sample % rate < rate / 2;
        samples[i] = sounds ? 0.3f * sinf(6.2831853f * 440.0f * (float)(tone->sample % rate) / (float)rate) : 0.0f;
    }
    tone->frame->pts = tone->sample;
    int result = avcodec_send_frame(tone->context, tone->frame);
    if (result < 0) return result;
    av_packet_unref(tone->packet);
    result = avcodec_receive_packet(tone->context, tone->packet);
    if (result == AVERROR(EAGAIN)) return 0;
    if (result < 0) return result;
    *bytes = tone->packet->data;
    *count = (size_t)tone->packet->size;
    return 1;
}

void zl_tone_free(zl_tone *tone) {
    if (tone == NULL) return;
    av_packet_free(&tone->packet);
    av_frame_free(&tone->frame);
    avcodec_free_context(&tone->context);
    free(tone);
}

import Foundation
import Kernel
import MQTT

/// A fire that the centre itself sends in a device's place, by topic and by push, in the shape that comes there. It
/// bears a mark of letters, digits and hyphens that no other message has.
enum OwnFire {
    /// Shows a trial's mark in place of a token of which the centre keeps only the hash.
    static let header = "X-Trial"

    /// A message of `device` under a rule's topic.
    static func of(_ rule: TopicRule, device: String, mark: String) -> MQTTMessage {
        switch rule.shape {
        case .zigbee2mqtt:
            MQTTMessage(topic: "\(rule.prefix)/\(device)", payload: Array(#"{"smoke":true,"drill":"\#(mark)"}"#.utf8))
        case .plain:
            MQTTMessage(topic: "\(rule.prefix)/\(device)/up", payload: Array(#"{"kind":"fire","id":"\#(mark)"}"#.utf8))
        }
    }

    /// What a platform or device pushes for `device`, in its gateway's own shape.
    static func body(_ gateway: Gateway, device: String, mark: String) -> [UInt8] {
        let device = quoted(device)
        switch gateway.kind {
        case .onenet:
            let message = #"{"dev_id":\#(device),"ds_id":"smoke","value":1,"drill":"\#(mark)"}"#
            let signature = OneNETPush.signature(token: gateway.secret, nonce: mark, message: message)
            return Array(#"{"msg":\#(message),"nonce":"\#(mark)","signature":"\#(signature)"}"#.utf8)
        case .ctwing:
            return Array(
                (#"{"messageType":"eventReport","deviceId":\#(device),"eventType":2,"#
                    + #""eventContent":{"smoke_state":1},"drill":"\#(mark)"}"#).utf8)
        case .json, .mqtt, .gb26875:
            return Array(#"{"device":\#(device),"kind":"fire","id":"\#(mark)"}"#.utf8)
        }
    }

    /// A text as JSON has it.
    private static func quoted(_ text: String) -> String {
        (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}

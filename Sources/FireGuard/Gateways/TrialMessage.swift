import Foundation
import Kernel
import MQTT

/// What a trial sends by topic and by push: a fire of a detector that bears the trial's mark for its name.
enum TrialMessage {
    /// Shows the mark in place of a token of which the centre keeps only the hash.
    static let header = "X-Trial"

    static func of(_ rule: TopicRule, mark: String) -> MQTTMessage {
        switch rule.shape {
        case .zigbee2mqtt: MQTTMessage(topic: "\(rule.prefix)/\(mark)", payload: Array("{\"smoke\":true}".utf8))
        case .plain: MQTTMessage(topic: "\(rule.prefix)/\(mark)/up", payload: Array("{\"kind\":\"fire\"}".utf8))
        }
    }

    /// The body in its gateway's own shape. The mark is of letters, digits and a hyphen.
    static func body(_ gateway: Gateway, mark: String) -> [UInt8] {
        switch gateway.kind {
        case .onenet:
            let message = "{\"dev_id\":\"\(mark)\",\"ds_id\":\"smoke\",\"value\":1}"
            let nonce = "trial"
            let signature = OneNETPush.signature(token: gateway.secret, nonce: nonce, message: message)
            return Array("{\"msg\":\(message),\"nonce\":\"\(nonce)\",\"signature\":\"\(signature)\"}".utf8)
        case .ctwing:
            return Array(
                """
                {"messageType":"eventReport","deviceId":"\(mark)","eventType":2,"eventContent":{"smoke_state":1}}
                """.utf8)
        case .json, .mqtt, .gb26875:
            return Array("{\"device\":\"\(mark)\",\"kind\":\"fire\"}".utf8)
        }
    }
}

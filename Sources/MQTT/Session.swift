import CMosquitto
import Foundation

/// libmosquitto's connection, used on one thread alone.
final class Session {
    private let handle: OpaquePointer
    private let configuration: MQTTConfiguration
    private var wasConnected = false
    private var refusal: String?

    /// What was read and not yet taken.
    var batch: [MQTTMessage] = []
    /// Payloads beyond the limit since it was last looked at.
    var oversized = 0
    /// Whether the broker has accepted this connection.
    private(set) var wasAccepted = false
    /// Whether it is subscribed.
    private(set) var isReady = false

    private static let library: Int32 = mosquitto_lib_init()
    private static let systemAuthorities = "/etc/ssl/certs"

    init?(_ configuration: MQTTConfiguration) {
        guard Session.library == 0, let handle = mosquitto_new(configuration.clientID, false, nil) else { return nil }
        self.handle = handle
        self.configuration = configuration
        mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION, Int32(MQTT_PROTOCOL_V5))
        // "Threaded" keeps the library from writing acknowledgements before we say so; one thread uses the handle.
        mosquitto_threaded_set(handle, true)
        if let user = configuration.user { mosquitto_username_pw_set(handle, user, configuration.password) }
        if configuration.usesTLS {
            let (file, folder) = (configuration.authorityFile, Session.systemAuthorities)
            guard
                mosquitto_tls_set(handle, file, file == nil ? folder : nil, nil, nil, nil)
                    == MOSQ_ERR_SUCCESS.rawValue
            else {
                mosquitto_destroy(handle)
                return nil
            }
        }
        mosquitto_user_data_set(handle, Unmanaged.passUnretained(self).toOpaque())
        mosquitto_connect_v5_callback_set(handle) { _, context, code, _, _ in
            Session.from(context)?.accepted(code)
        }
        mosquitto_subscribe_callback_set(handle) { _, context, _, _, _ in
            Session.from(context)?.isReady = true
        }
        mosquitto_message_callback_set(handle) { _, context, message in
            guard let message else { return }
            Session.from(context)?.received(message.pointee)
        }
    }

    /// Frees the handle; the session is of no use afterwards.
    func close() { mosquitto_destroy(handle) }

    /// Opens the connection.
    /// - Returns: why it could not be opened.
    func connect() -> String? {
        wasAccepted = false
        isReady = false
        refusal = nil
        batch.removeAll()
        let code: Int32
        if wasConnected {
            code = mosquitto_reconnect(handle)
        } else {
            var properties: OpaquePointer?
            // The broker keeps our session, and what is sent to it, for a week; who hears nothing leaves nothing there.
            mosquitto_property_add_int32(
                &properties, Int32(MQTT_PROP_SESSION_EXPIRY_INTERVAL.rawValue),
                configuration.topics.isEmpty ? 0 : 7 * 86_400)
            mosquitto_property_add_int32(
                &properties, Int32(MQTT_PROP_MAXIMUM_PACKET_SIZE.rawValue), UInt32(configuration.payloadLimit + 4_096))
            code = mosquitto_connect_bind_v5(
                handle, configuration.host, Int32(configuration.port), Int32(configuration.keepAliveSeconds), nil,
                properties)
            mosquitto_property_free_all(&properties)
        }
        guard code == MOSQ_ERR_SUCCESS.rawValue else { return Session.text(code) }
        wasConnected = true
        return nil
    }

    /// Waits up to a tenth of a second and reads what is there, at most `limit` messages.
    /// - Returns: why the connection has ended.
    func waitAndRead(limit: Int) -> String? {
        let socket = mosquitto_socket(handle)
        guard socket >= 0 else { return refusal ?? "closed" }
        var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        if mosquitto_want_write(handle) { descriptor.events |= Int16(POLLOUT) }
        var timeout: Int32 = 100
        for _ in 0..<limit {
            guard poll(&descriptor, 1, timeout) > 0, descriptor.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 else {
                break
            }
            let code = mosquitto_loop_read(handle, 1)
            guard code == MOSQ_ERR_SUCCESS.rawValue, refusal == nil else { return refusal ?? Session.text(code) }
            if batch.count >= limit { break }
            timeout = 0
            descriptor.revents = 0
        }
        let code = mosquitto_loop_misc(handle)
        return code == MOSQ_ERR_SUCCESS.rawValue ? nil : Session.text(code)
    }

    /// Writes what is queued, acknowledgements included.
    /// - Returns: why the connection has ended.
    func write() -> String? {
        guard mosquitto_want_write(handle) else { return nil }
        let code = mosquitto_loop_write(handle, 1)
        return code == MOSQ_ERR_SUCCESS.rawValue ? nil : Session.text(code)
    }

    func publish(_ message: MQTTMessage) {
        message.payload.withUnsafeBytes { bytes in
            _ = mosquitto_publish(
                handle, nil, message.topic, Int32(bytes.count), bytes.baseAddress, 1, message.isRetained)
        }
    }

    /// Ends the connection with what is queued unwritten.
    func cut() {
        let socket = mosquitto_socket(handle)
        if socket >= 0 { shutdown(socket, Int32(SHUT_RDWR)) }
        _ = mosquitto_loop_read(handle, 1)
    }

    func disconnect() {
        _ = mosquitto_disconnect(handle)
        _ = mosquitto_loop_write(handle, 1)
    }

    private func accepted(_ code: Int32) {
        guard code == 0 else {
            refusal = String(cString: mosquitto_reason_string(code))
            return
        }
        wasAccepted = true
        if configuration.topics.isEmpty { isReady = true }
        for topic in configuration.topics { mosquitto_subscribe(handle, nil, topic, 1) }
    }

    private func received(_ message: mosquitto_message) {
        let count = Int(message.payloadlen)
        guard let topic = message.topic else { return }
        guard count <= configuration.payloadLimit else {
            oversized += 1
            return
        }
        var payload: [UInt8] = []
        if let bytes = message.payload, count > 0 {
            payload = Array(UnsafeRawBufferPointer(start: bytes, count: count))
        }
        batch.append(MQTTMessage(topic: String(cString: topic), payload: payload, isRetained: message.retain))
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> Session? {
        context.map { Unmanaged<Session>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func text(_ code: Int32) -> String {
        code == MOSQ_ERR_ERRNO.rawValue ? String(cString: strerror(errno)) : String(cString: mosquitto_strerror(code))
    }
}

import Foundation
import NIOCore
import NIOPosix
import XML

/// A device that answered a probe.
public struct ONVIFFound: Sendable, Equatable, Codable {
    /// The address of its device service.
    public var address: String
    /// Its name by its scopes; may be empty.
    public var name: String
    /// What it is, by its scopes; may be empty.
    public var hardware: String
}

/// Finds devices: WS-Discovery (OASIS, 2005/04 as ONVIF Core clause 7 asks), by multicast and to single addresses.
public enum ONVIFDiscovery {
    /// The group and port of WS-Discovery.
    public static let group = "239.255.255.250"
    /// The port of WS-Discovery.
    public static let port = 3_702
    /// How many devices are kept of one search.
    static let most = 256

    /// The question; `id` is a UUID.
    public static func probe(id: String) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" \
        xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" \
        xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" \
        xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Header><w:MessageID>uuid:\(id)</w:MessageID>\
        <w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>\
        <w:Action e:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>\
        <e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>
        """
    }

    /// Reads an answer; empty where it is none to this question.
    /// - Parameter sender: the address it came from, which is kept whatever host it names.
    public static func matches(_ bytes: some Collection<UInt8>, id: String, sender: String) -> [ONVIFFound] {
        let limits = XMLLimits(bytes: 64 << 10, depth: 16, nodes: 2_000)
        guard let root = try? XMLReader.read(bytes, limits: limits), root.name == "Envelope",
            root["Header"]?.value("RelatesTo")?.lowercased().hasSuffix(id.lowercased()) == true,
            let list = root["Body"]?["ProbeMatches"]
        else { return [] }
        let host = sender.contains(":") ? "[\(sender)]" : sender
        return list.all("ProbeMatch").prefix(8).compactMap { match in
            let told = (match.value("XAddrs") ?? "").split(whereSeparator: \.isWhitespace).prefix(16).map(String.init)
            guard let address = told.lazy.compactMap({ ONVIFAddress.on("http://\(host)/", $0) }).first else {
                return nil
            }
            let scopes = (match.value("Scopes") ?? "").split(whereSeparator: \.isWhitespace).prefix(64).map(String.init)
            func scope(_ name: String) -> String {
                let start = "onvif://www.onvif.org/\(name)/"
                let found = scopes.first { $0.hasPrefix(start) }?.dropFirst(start.count) ?? ""
                return String((String(found).removingPercentEncoding ?? "").filter { $0 != "\0" }.prefix(64))
            }
            return ONVIFFound(address: address, name: scope("name"), hardware: scope("hardware"))
        }
    }

    /// Asks on every network, and the given `HOST` or `HOST:PORT`s by themselves, and gives who answered within
    /// `seconds`, by address.
    /// - Parameter multicasts: whether the group is asked too.
    public static func search(
        _ targets: [String] = [], multicasts: Bool = true, seconds: Double = 3
    ) async -> [ONVIFFound] {
        let id = UUID().uuidString.lowercased()
        let (answers, continuation) = AsyncStream.makeStream(
            of: ONVIFFound.self, bufferingPolicy: .bufferingOldest(most))
        var addresses = targets.prefix(16).compactMap(address)
        var hosts = ["0.0.0.0"]
        if multicasts, let group = try? SocketAddress(ipAddress: group, port: port) {
            addresses.append(group)
            let own = ((try? System.enumerateDevices()) ?? []).compactMap { device -> String? in
                guard case .v4? = device.address, device.multicastSupported else { return nil }
                return device.address?.ipAddress
            }
            // A socket on each network: the system would send to the group by one of them alone.
            hosts += own.prefix(16)
        }
        var channels: [any Channel] = []
        for host in hosts {
            let channel = try? await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Ear(id, continuation))
                    }
                }
                .bind(host: host, port: 0).get()
            if let channel { channels.append(channel) }
        }
        for channel in channels {
            for target in addresses {
                let packet = AddressedEnvelope(remoteAddress: target, data: ByteBuffer(string: probe(id: id)))
                channel.writeAndFlush(packet, promise: nil)
            }
        }
        try? await Task.sleep(for: .seconds(seconds))
        for channel in channels { try? await channel.close().get() }
        continuation.finish()
        var found: [String: ONVIFFound] = [:]
        for await answer in answers { found[answer.address] = answer }
        return found.values.sorted { $0.address < $1.address }
    }

    private static func address(_ text: String) -> SocketAddress? {
        let parts = text.split(separator: ":")
        guard let host = parts.first, parts.count <= 2 else { return nil }
        return try? SocketAddress(ipAddress: String(host), port: parts.count == 2 ? Int(parts[1]) ?? port : port)
    }

    private final class Ear: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        private let id: String
        private let found: AsyncStream<ONVIFFound>.Continuation

        init(_ id: String, _ found: AsyncStream<ONVIFFound>.Continuation) {
            self.id = id
            self.found = found
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let packet = unwrapInboundIn(data)
            guard let sender = packet.remoteAddress.ipAddress else { return }
            for match in matches(packet.data.readableBytesView, id: id, sender: sender) { found.yield(match) }
        }
    }
}

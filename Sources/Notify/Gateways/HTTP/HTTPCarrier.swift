import AsyncHTTPClient
import Foundation
import Kernel
import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import Web

/// Where messages are handed over: a gateway that takes JSON over HTTP (docs/messages.md).
public struct HTTPCarrierConfiguration: Sendable {
    /// Where to POST.
    public var url: String
    /// The token that both sides show: ours when sending, theirs in receipts.
    public var token: String
    /// Where receipts are taken; the message's number is appended. `nil` where the gateway gives none.
    public var receipts: String?

    /// A gateway.
    public init(url: String, token: String, receipts: String?) {
        self.url = url
        self.token = token
        self.receipts = receipts
    }
}

/// Hands messages to an HTTP gateway, with the message's number as the idempotency key.
public struct HTTPCarrier: Carrier {
    private struct Document: Encodable {
        var id: MessageID
        var attempt: Int64
        var possibleRepeat: Bool
        var channel: Channel
        var to: String
        var name: String
        var text: String
        var receiptUrl: String?
    }

    private struct Reply: Decodable {
        var id: String?
    }

    /// What a gateway may say; more is not read.
    private static let replyLimit = 16_384

    private let client: HTTPClient
    private let configuration: @Sendable () -> HTTPCarrierConfiguration?

    /// A carrier; `configuration` is looked up for each message, since the centre learns its own port when it listens.
    public init(client: HTTPClient, configuration: @escaping @Sendable () -> HTTPCarrierConfiguration?) {
        self.client = client
        self.configuration = configuration
    }

    /// Posts the message.
    public func send(_ message: Message) async -> Delivery {
        guard let gateway = configuration() else { return .again("no-gateway", mayHaveGoneOut: false) }
        let document = Document(
            id: message.id, attempt: message.attempt, possibleRepeat: message.mayRepeat, channel: message.channel,
            to: message.to.phone, name: message.to.name, text: message.text,
            receiptUrl: gateway.receipts.map { "\($0)/\(message.id)/receipt" })
        do {
            var request = HTTPClientRequest(url: gateway.url)
            request.method = .POST
            request.headers.add(name: "Content-Type", value: "application/json; charset=utf-8")
            request.headers.add(name: "Authorization", value: "Bearer \(gateway.token)")
            request.headers.add(name: "Idempotency-Key", value: message.id.description)
            request.body = .bytes(ByteBuffer(bytes: try JSON.encode(document)))
            let response = try await client.execute(request, timeout: .seconds(8))
            switch response.status.code {
            case 200..<300:
                let body = try? await response.body.collect(upTo: Self.replyLimit)
                let reply = body.flatMap { try? JSON.decode(Reply.self, Array($0.readableBytesView)) }
                return .taken(providerID: reply?.id.map { String($0.prefix(100)) })
            case 408, 425, 429: return .again("HTTP \(response.status.code)", mayHaveGoneOut: false)
            case 400..<500: return .refused("HTTP \(response.status.code)")
            default: return .again("HTTP \(response.status.code)", mayHaveGoneOut: true)
            }
        } catch let error as HTTPClientError where error == .connectTimeout || error == .uncleanShutdown {
            return .again("\(error)", mayHaveGoneOut: error != .connectTimeout)
        } catch let error as HTTPClientError where error == .getConnectionFromPoolTimeout {
            return .again("\(error)", mayHaveGoneOut: false)
        } catch let error as HTTPClientError {
            // Anything after the connection stood may have reached the gateway.
            return .again("\(error)", mayHaveGoneOut: true)
        } catch {
            return .again(String("\(error)".prefix(200)), mayHaveGoneOut: !(error is ChannelError || error is IOError))
        }
    }
}

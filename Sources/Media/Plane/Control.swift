import Foundation
import NIOCore

/// What the main process tells the media process: one JSON document a line.
public struct MediaOrder: Sendable, Codable {
    /// What is told.
    public enum Command: Sendable, Codable {
        /// First of all: the key that tickets are sealed with, in hexadecimal.
        case hello(key: String)
        case open(SourceID, Pull)
        case connect(SourceID, MediaAddress)
        case adopt(SourceID, ssrc: UInt32)
        case fail(SourceID, MediaFailure)
        case pause(SourceID, Bool)
        case close(SourceID)
        case record(SourceID, RecordingPlan)
        case stopRecording(SourceID)
        case openVoice(SourceID, VoiceWish)
        case connectVoice(SourceID, MediaAddress)
        case startVoice(SourceID)
        /// Samples of 16 bits, the high byte second.
        case say([SourceID], samples: Data)
        case closeVoice(SourceID, drained: Bool)
    }

    /// Comes back in the answer.
    public var number: Int
    /// What is told.
    public var command: Command

    /// An order.
    public init(number: Int, command: Command) {
        self.number = number
        self.command = command
    }
}

/// What the media process tells the main process.
public enum MediaWord: Sendable, Codable {
    /// It listens.
    case ready(mediaPort: Int, viewPort: Int)
    /// The answer to an order that has one.
    case answer(number: Int, receiver: Receiver?, failure: MediaFailure?)
    case event(MediaEvent)
}

/// Lines of JSON over a stream of bytes.
public enum ControlLine {
    /// The longest line: a minute of sound, as JSON writes it, and some more.
    public static let longest = 4 << 20

    /// A value as one line.
    public static func encode(_ value: some Encodable) throws -> ByteBuffer {
        var buffer = ByteBuffer(bytes: try JSONEncoder().encode(value))
        buffer.writeInteger(UInt8(ascii: "\n"))
        return buffer
    }

    /// The value of a line.
    public static func decode<Value: Decodable>(_ type: Value.Type, _ line: ByteBuffer) throws -> Value {
        try JSONDecoder().decode(type, from: Data(line.readableBytesView))
    }
}

/// Cuts lines out of a connection's bytes.
public final class LineHandler: ByteToMessageDecoder {
    /// A line without its end.
    public typealias InboundOut = ByteBuffer

    /// A decoder.
    public init() {}

    /// Waits for a whole line; a longer one than allowed ends the connection.
    public func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        guard let end = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else {
            if buffer.readableBytes > ControlLine.longest { throw ChannelError.inputClosed }
            return .needMoreData
        }
        guard let line = buffer.readSlice(length: end - buffer.readerIndex) else { return .needMoreData }
        buffer.moveReaderIndex(forwardBy: 1)
        context.fireChannelRead(wrapInboundOut(line))
        return .continue
    }
}

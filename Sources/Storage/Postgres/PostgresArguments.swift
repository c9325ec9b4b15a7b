import CPQ
import Kernel

/// A statement's arguments in PostgreSQL's binary form, each with the type that its value has in the seam.
struct PostgresArguments {
    private var bytes: [UInt8] = []
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []
    private(set) var types: [Oid] = []

    /// - Throws: ``StorageError/constraint(_:)`` for text with a NUL, which neither engine keeps.
    init(_ values: [SQLValue]) throws(StorageError) {
        offsets.reserveCapacity(values.count)
        lengths.reserveCapacity(values.count)
        types.reserveCapacity(values.count)
        for value in values {
            let start = bytes.count
            switch value {
            case .null: types.append(0)
            case .integer(let number):
                types.append(PostgresType.int8)
                append(UInt64(bitPattern: number))
            case .double(let number):
                types.append(PostgresType.float8)
                append(number.bitPattern)
            case .text(let text):
                try value.checkText()
                types.append(PostgresType.text)
                bytes.append(contentsOf: text.utf8)
            case .blob(let content):
                types.append(PostgresType.bytea)
                bytes.append(contentsOf: content)
            }
            guard let length = Int32(exactly: bytes.count - start) else {
                throw .constraint("an argument of more than 2 GiB")
            }
            offsets.append(value == .null ? nil : start)
            lengths.append(length)
        }
    }

    private mutating func append(_ number: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    /// Hands the arguments to libpq: pointers, lengths, formats (all binary).
    func withPointers<Result>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) throws -> Result
    ) rethrows -> Result {
        guard !offsets.isEmpty else { return try body(nil, nil, nil) }
        let formats = [Int32](repeating: 1, count: offsets.count)
        // An empty buffer has no address, and an empty text is not NULL.
        let content = bytes.isEmpty ? [0] : bytes
        return try content.withUnsafeBytes { buffer in
            let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let pointers = offsets.map { offset in offset.flatMap { base?.advanced(by: $0) } }
            return try body(pointers, lengths, formats)
        }
    }
}

/// Numbers of PostgreSQL's types, fixed by its catalogue.
enum PostgresType {
    static let bool: Oid = 16
    static let bytea: Oid = 17
    static let int8: Oid = 20
    static let int2: Oid = 21
    static let int4: Oid = 23
    static let text: Oid = 25
    static let float4: Oid = 700
    static let float8: Oid = 701
    static let unknown: Oid = 705
    static let varchar: Oid = 1043
    static let numeric: Oid = 1700
    static let void: Oid = 2278
}

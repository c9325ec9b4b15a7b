import CPQ
import Kernel

/// An answer of the server in binary form; freed with it.
final class PostgresResult {
    private let result: OpaquePointer
    private let types: [Oid]

    init(_ result: OpaquePointer) {
        self.result = result
        types = (0..<PQnfields(result)).map { PQftype(result, $0) }
    }

    deinit { PQclear(result) }

    var rows: Int32 { PQntuples(result) }

    /// Rows that a statement changed.
    var changes: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

    /// What the server says it did, such as `COMMIT`.
    var command: String { String(cString: PQcmdStatus(result)) }

    func row(_ index: Int32) throws(StorageError) -> Row {
        var values: [SQLValue] = []
        values.reserveCapacity(types.count)
        for column in 0..<Int32(types.count) { values.append(try value(index, column)) }
        return Row(values: values)
    }

    private func value(_ row: Int32, _ column: Int32) throws(StorageError) -> SQLValue {
        guard PQgetisnull(result, row, column) == 0, let start = PQgetvalue(result, row, column) else { return .null }
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, column)))
        let type = types[Int(column)]
        switch type {
        case PostgresType.int8: return .integer(Int64(bitPattern: bytes.number()))
        case PostgresType.text, PostgresType.varchar, PostgresType.unknown:
            return .text(String(decoding: bytes, as: UTF8.self))
        case PostgresType.float8: return .double(Double(bitPattern: bytes.number()))
        case PostgresType.bytea: return .blob(Array(bytes))
        case PostgresType.int4: return .integer(Int64(Int32(truncatingIfNeeded: bytes.number())))
        case PostgresType.int2: return .integer(Int64(Int16(truncatingIfNeeded: bytes.number())))
        case PostgresType.bool: return .integer(bytes.number() == 0 ? 0 : 1)
        case PostgresType.float4: return .double(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bytes.number()))))
        case PostgresType.numeric: return try numeric(bytes)
        case PostgresType.void: return .null
        default: throw .unexpectedValue("type \(type) is no part of the seam; cast it to BIGINT or TEXT")
        }
    }

    /// What `SUM` makes of BIGINT: digits of base 10,000 with the weight of the first.
    private func numeric(_ bytes: UnsafeRawBufferPointer) throws(StorageError) -> SQLValue {
        guard bytes.count >= 8 else { throw .unexpectedValue("a broken number") }
        func word(_ index: Int) -> UInt16 { UInt16(bytes[index * 2]) << 8 | UInt16(bytes[index * 2 + 1]) }
        let count = Int(word(0))
        let weight = Int(Int16(bitPattern: word(1)))
        let sign = word(2)
        guard sign == 0 || sign == 0x4000, bytes.count >= 8 + count * 2 else {
            throw .unexpectedValue("a number without a value")
        }
        var whole: Int64? = 0
        var real = 0.0
        for place in 0..<max(count, weight + 1) {
            let digit = place < count ? word(4 + place) : 0
            real = real * 10_000 + Double(digit)
            if place > weight {
                whole = nil
            } else if let before = whole {
                let (product, over) = before.multipliedReportingOverflow(by: 10_000)
                let (sum, more) = product.addingReportingOverflow(Int64(digit))
                whole = over || more ? nil : sum
            }
        }
        if let whole { return .integer(sign == 0 ? whole : -whole) }
        for _ in stride(from: weight + 1, to: count, by: 1) { real /= 10_000 }
        for _ in stride(from: weight + 1, to: 0, by: 1) where count == 0 { real *= 10_000 }
        return .double(sign == 0 ? real : -real)
    }
}

extension UnsafeRawBufferPointer {
    /// A number of up to eight bytes, the highest first.
    fileprivate func number() -> UInt64 { prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}

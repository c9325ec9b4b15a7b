import Kernel
import Testing

@testable import Woodpecker

@Suite("A receipt")
struct ReceiptTests {
    @Test("is read again from digits in any grouping, full-width ones too, and from its eight words")
    func roundTrip() throws {
        for _ in 0..<200 {
            let receipt = try Receipt()
            #expect(receipt.locator.count == 8 && receipt.secret.count == 16)
            #expect(try Receipt(receipt.text) == receipt)
            #expect(try Receipt(receipt.text.filter { $0 != " " }) == receipt)
            let wide = String(receipt.text.map { $0.wholeNumberValue.map { Array("０１２３４５６７８９")[$0] } ?? $0 })
            #expect(try Receipt(wide) == receipt)
            #expect(receipt.words.count == 8)
            #expect(try Receipt(receipt.words.joined(separator: "，")) == receipt)
        }
    }

    @Test("tells a wrong digit and two exchanged neighbours before anything is computed")
    func checkDigits() throws {
        let receipt = try Receipt()
        let digits = Array((receipt.locator + receipt.secret).compactMap(\.wholeNumberValue))
        for index in digits.indices {
            var wrong = digits
            wrong[index] = (wrong[index] + 3) % 10
            #expect(throws: Receipt.Flaw.mistyped) { try Receipt(wrong.map(String.init).joined()) }
            if index > 0, digits[index] != digits[index - 1] {
                var swapped = digits
                swapped.swapAt(index, index - 1)
                #expect(throws: Receipt.Flaw.mistyped) { try Receipt(swapped.map(String.init).joined()) }
            }
        }
        #expect(throws: Receipt.Flaw.malformed) { try Receipt("1234") }
        #expect(throws: Receipt.Flaw.malformed) { try Receipt(String(repeating: "9", count: 5_000)) }
    }

    @Test("A puzzle is taken once, with its answer, and only when it was made here")
    func puzzle() throws {
        let work = try WorkProof()
        let puzzle = try work.puzzle(at: .now)
        #expect(!work.takes(puzzle, answer: "", at: .now))
        var answer = 0
        while !work.takes(puzzle, answer: String(answer), at: .now) { answer += 1 }
        #expect(!work.takes(puzzle, answer: String(answer), at: .now))
        #expect(try !WorkProof().takes(puzzle, answer: String(answer), at: .now))
    }
}

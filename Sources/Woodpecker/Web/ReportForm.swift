import Crypt
import Kernel
import Pictures
import Web

/// What a citizen wrote into the page's form, read and checked.
struct ReportForm {
    static let photoLimit = 4
    /// Bytes of one report with its photos.
    static let bodyLimit = 28 << 20

    let form: Form
    let files: [Multipart.File]

    init(form: Form, files: [Multipart.File]) {
        self.form = form
        self.files = files
    }

    /// Reads a body of either type of form.
    init(_ call: Call) throws {
        let type = call.header("Content-Type") ?? ""
        if type.lowercased().hasPrefix("multipart/") {
            guard let parts = Multipart(call.body, type: type) else {
                throw Problem.malformed("the form did not arrive whole")
            }
            form = parts.form
            files = parts.files.filter { $0.field == "photo" }
        } else {
            form = call.form
            files = []
        }
    }

    /// The place that was shown, where one was.
    var point: GeoPoint? {
        guard let lat = form["lat"].flatMap(Double.init), let lon = form["lon"].flatMap(Double.init) else { return nil }
        return GeoPoint(lat: lat, lon: lon)
    }

    /// The answers to a category's questions; what is not among the choices is an error.
    /// - Parameter all: whether a required one must be there; programs may leave it to be asked later.
    func answers(_ category: Category, all: Bool = true, _ check: inout FieldCheck) -> [String: [String]] {
        var answers: [String: [String]] = [:]
        for question in category.questions {
            let given = form.all("q_" + question.code).filter { !$0.isEmpty }
            let field = "q_" + question.code
            check.expect(!all || !question.required || !given.isEmpty, field, "required")
            switch question.kind {
            case .choice, .many:
                check.expect(
                    given.count <= (question.kind == .many ? question.choices.count : 1)
                        && given.allSatisfy { key in question.choices.contains { $0.key == key } }, field, "invalid")
            case .text: check.expect(given.count <= 1 && (given.first?.count ?? 0) <= 200, field, "too-long")
            case .number:
                check.expect(
                    given.count <= 1 && given.allSatisfy { Double($0).map { $0.isFinite } ?? false }, field, "invalid")
            }
            if !given.isEmpty { answers[question.code] = given }
        }
        return answers
    }

    /// Makes every photo anew; the order stays.
    /// - Throws: 413 or 422 where one is too large or no picture.
    func photos() async throws -> [[UInt8]] {
        guard files.count <= Self.photoLimit else { throw Problem.invalid(["photo": "too-many"]) }
        var result: [[UInt8]] = []
        for file in files { result.append(try await Self.remade(file.bytes)) }
        return result
    }

    /// One photo, made anew as JPEG without anything of its file.
    static func remade(_ bytes: [UInt8]) async throws -> [UInt8] {
        do {
            return try await Pictures.reencode(bytes, Pictures.Limits()).bytes
        } catch Pictures.Refusal.tooLarge {
            throw Problem(413, "picture.too-large")
        } catch {
            throw Problem(422, "picture.not-a-picture")
        }
    }
}

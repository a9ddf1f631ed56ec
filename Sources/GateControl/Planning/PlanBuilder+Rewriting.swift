// What routes change of requests and responses.

import GateProxy

extension PlanBuilder {
    func rewriting(_ rewriting: Configuration.Rewriting) -> RewritingPlan {
        var plan = RewritingPlan()
        plan.target = rewriting.target
        plan.host = rewriting.host
        plan.requestFields = rewriting.requestFields.filter { !$0.isEmpty }
        plan.responseFields = rewriting.responseFields.filter { !$0.isEmpty }
        plan.hidden = rewriting.hidden ?? []
        plan.mapsBack = rewriting.mapsBack ?? true
        plan.errorPages = errorPages(rewriting)
        plan.replacedErrors = rewriting.replacedErrors ?? []
        return plan
    }

    func errorPages(_ rewriting: Configuration.Rewriting) -> ErrorPages? {
        if rewriting.errorPages.isEmpty { return nil }
        return ErrorPages(rewriting.errorPages.map { ($0.statuses, errorPage($0.page)) })
    }

    private func errorPage(_ page: Configuration.ErrorPage) -> ErrorPage {
        let type = [FieldLine(name: "Content-Type", value: Template(constant: page.contentType))]
        switch page.content {
        case .file(let bytes):
            return ErrorPage(
                status: page.status, content: AnswerContent(fields: type, body: Template([.text(bytes)])))
        case .text(let text):
            return ErrorPage(
                status: page.status, content: AnswerContent(fields: type, body: Self.body(text, page.contentType)))
        case .redirect(let url):
            return ErrorPage(status: page.status ?? 302, content: AnswerContent(location: Self.url(url)))
        }
    }

    // MARK: Answers

    func answer(_ redirect: Configuration.Redirect) -> FixedAnswer {
        FixedAnswer(status: redirect.status, content: AnswerContent(location: Self.url(redirect.location)))
    }

    func answer(_ response: Configuration.FixedResponse) -> FixedAnswer {
        var fields = response.fields.map { FieldLine(name: $0.name, value: Self.value($0.value)) }
        if !response.body.isEmpty {
            fields.append(FieldLine(name: "Content-Type", value: Template(constant: response.contentType)))
        }
        return FixedAnswer(
            status: response.status,
            content: AnswerContent(fields: fields, body: Self.body(response.body, response.contentType)))
    }

    // What a file holds was checked when it was read; what a program made and does not read as a template is text.

    private static func url(_ text: String) -> Template { (try? Template(url: text)) ?? Template(constant: text) }

    private static func value(_ text: String) -> Template {
        (try? Template(text, as: .field, knownBy: .response)) ?? Template(constant: text)
    }

    private static func body(_ text: String, _ contentType: String) -> Template {
        (try? Template(page: text, as: ContentType.place(contentType))) ?? Template(constant: text)
    }
}

extension Template {
    /// Text without variables.
    init(constant text: String) { self.init(text.isEmpty ? [] : [.text(Array(text.utf8))]) }
}

package simulator

import (
	"fmt"
	"net/http"
	"strings"
)

// failure is an answer that carries no data.
type failure struct {
	status int
	body   object
}

// problemHost is the older of the two hosts that occur in problem types.
const problemHost = "https://api.twitter.com/2/problems/"

// blank is the problem that says no more than its status.
func blank(status int) *failure {
	text := http.StatusText(status)
	return &failure{status, obj("title", text, "detail", text, "type", "about:blank", "status", status)}
}

func invalid(param, value, message string) *failure {
	return &failure{http.StatusBadRequest, invalidBody([]object{invalidItem(param, value, message)})}
}

// notValid is the commonest message about a parameter.
func notValid(param, value string) *failure {
	return &failure{http.StatusBadRequest, invalidBody([]object{notValidItem(param, value)})}
}

func notValidItem(param, value string) object {
	return invalidItem(param, value, fmt.Sprintf("The `%s` query parameter value [%s] is not valid", param, value))
}

func invalidItem(param, value, message string) object {
	return obj("parameters", obj(param, []string{value}), "message", message)
}

func invalidBody(items []object) object {
	return obj("errors", items, "title", "Invalid Request",
		"detail", "One or more parameters to your request was invalid.", "type", problemHost+"invalid-request")
}

// notFound is a partial error. The parameter is where the id stood.
func notFound(kind, param, id string) object {
	return obj("value", id, "detail", fmt.Sprintf("Could not find %s with %s: [%s].", kind, param, id),
		"title", "Not Found Error", "resource_type", kind, "parameter", param, "resource_id", id,
		"type", problemHost+"resource-not-found")
}

func suspendedUser(param, id string) object {
	return obj("value", id, "detail", fmt.Sprintf("User has been suspended: [%s].", id),
		"title", "Forbidden", "resource_type", "user", "parameter", param, "resource_id", id,
		"type", problemHost+"resource-not-found")
}

func notAuthorized(kind, param, id string) object {
	return obj("value", id, "detail", fmt.Sprintf("Sorry, you are not authorized to see the %s with %s: [%s].",
		strings.ToUpper(kind[:1])+kind[1:], param, id), "title", "Authorization Error", "section", "includes",
		"resource_type", kind, "parameter", param, "resource_id", id, "type", problemHost+"not-authorized-for-resource")
}

// fieldUnauthorized is the partial error for a field of one object.
func fieldUnauthorized(kind, id, field string) object {
	return obj("detail", fmt.Sprintf("Sorry, you are not authorized to access '%s' on the %s with id : [%s].", field, kind, id),
		"title", "Field Authorization Error", "field", field, "section", "data", "resource_type", kind,
		"resource_id", id, "type", problemHost+"not-authorized-for-field")
}

func unsupportedAuthentication(used, supported string) *failure {
	detail := fmt.Sprintf("Authenticating with %s is forbidden for this endpoint.  Supported authentication types are [%s].", used, supported)
	return &failure{http.StatusForbidden, obj("title", "Unsupported Authentication", "detail", detail,
		"type", problemHost+"unsupported-authentication", "status", 403)}
}

func clientForbidden() *failure {
	return &failure{http.StatusForbidden, obj("title", "Client Forbidden", "reason", "client-not-enrolled",
		"client_id", "10000001", "required_enrollment", "Appropriate Level of API Access",
		"registration_url", "https://developer.x.com/en/docs/projects/overview",
		"detail", "When authenticating requests to the X API v2 endpoints, you must use keys and tokens from a developer App that is attached to a Project.",
		"type", problemHost+"client-forbidden")}
}

const accountID = "1234567890123456789"

// creditsDepleted writes the account id as a number or as a string.
func creditsDepleted(asString bool) *failure {
	var account any = literal(accountID)
	if asString {
		account = accountID
	}
	return &failure{http.StatusPaymentRequired, obj("account_id", account, "title", "CreditsDepleted",
		"detail", "Your enrolled account ["+accountID+"] does not have any credits to fulfill this request.",
		"type", problemHost+"credits")}
}

func spendCapReached(resetDate string) *failure {
	return &failure{http.StatusForbidden, obj("account_id", literal(accountID), "title", "SpendCapReached",
		"detail", "Your enrolled account ["+accountID+"] has reached its billing cycle spend cap. The next cycle begins on "+resetDate+".",
		"reset_date", resetDate, "type", "https://api.x.com/2/problems/credits")}
}

func usageCapped() *failure {
	return &failure{http.StatusTooManyRequests, obj("account_id", literal(accountID), "product_name", "pay-per-use",
		"title", "UsageCapExceeded", "period", "Monthly", "scope", "Product",
		"detail", "Usage cap exceeded: Monthly product cap", "type", problemHost+"usage-capped")}
}

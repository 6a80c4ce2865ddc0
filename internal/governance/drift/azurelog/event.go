package azurelog

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/drift"
)

// event is a line of the activity log, as far as it matters here.
type event struct {
	Caller        string            `json:"caller"`
	Claims        map[string]string `json:"claims"`
	Time          time.Time         `json:"eventTimestamp"`
	Operation     word              `json:"operationName"`
	Status        word              `json:"status"`
	CorrelationID string            `json:"correlationId"`
	Request       struct {
		Address string `json:"clientIpAddress"`
	} `json:"httpRequest"`
}

type word struct {
	Value string `json:"value"`
}

// activities are the changes among events, the newest first: one for each call
// that was carried out, and none that only read.
func activities(events []event) []drift.Activity {
	var all []drift.Activity
	seen := map[string]bool{}
	slices.SortStableFunc(events, func(a, b event) int { return b.Time.Compare(a.Time) })
	for _, e := range events {
		call := e.CorrelationID + " " + e.Operation.Value
		if !e.changes() || e.CorrelationID != "" && seen[call] {
			continue
		}
		seen[call] = true
		all = append(all, drift.Activity{
			Who: e.who(), At: e.Time.UTC(), Operation: e.Operation.Value, From: cmp.Or(e.Request.Address, e.Claims["ipaddr"]),
		})
	}
	return all
}

// changes reports whether the event is the end of a call that changed something.
func (e event) changes() bool {
	operation := strings.ToLower(e.Operation.Value)
	switch {
	case !strings.EqualFold(e.Status.Value, "Succeeded") && !strings.EqualFold(e.Status.Value, "Accepted"):
		return false
	case strings.HasSuffix(operation, "/read"):
		return false
	case strings.HasSuffix(operation, "/action"):
		last := operation[strings.LastIndex(strings.TrimSuffix(operation, "/action"), "/")+1:]
		return !strings.HasPrefix(last, "list") && !strings.HasPrefix(last, "check") && !strings.HasPrefix(last, "validate")
	default:
		return operation != ""
	}
}

// who names the caller: a person by name, a program with the id of its application.
func (e event) who() string {
	const name = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"
	if strings.Contains(e.Caller, "@") || e.Caller == "" {
		return cmp.Or(e.Caller, e.Claims[name], "somebody whom Azure does not name")
	}
	if app := e.Claims["appid"]; app != "" && app != e.Caller {
		return e.Caller + " (application " + app + ")"
	}
	return e.Caller
}

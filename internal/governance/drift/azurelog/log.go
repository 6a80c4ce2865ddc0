// Package azurelog is the activity log of the target azure: it asks Azure
// Monitor who changed a resource, with the credentials that runs have.
//
// It owns how the log is asked and read, of the real Azure and of the simulated
// one alike. It only reads. What is drift, it does not know.
package azurelog

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/governance/drift"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// retention is how far back Azure keeps the log.
	retention = 89 * 24 * time.Hour
	// timeout bounds one question.
	timeout = 30 * time.Second
	// mostPages bounds how far the log of one resource is read.
	mostPages = 5
	// maxAnswer bounds one answer, in bytes.
	maxAnswer = 16 << 20
)

// Log is a drift.ActivityLog.
type Log struct {
	// Environment are the variables of plans on the stage that is asked about: how they
	// sign in to Azure.
	Environment func(ctx context.Context, q drift.ActivityQuery) (map[string]string, error)
}

// Who returns the changes of a resource, the newest first. What has no changes
// of its own may have gone with, or be a part of, what is around it.
func (l *Log) Who(ctx context.Context, q drift.ActivityQuery) ([]drift.Activity, error) {
	resource := logged(q)
	subscription, ok := subscriptionOf(resource)
	if !ok {
		return nil, kernel.Errorf(kernel.NotFound, "%s is no resource of Azure Resource Manager, whose changes the activity log has", q.Address)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	env, err := l.Environment(ctx, q)
	if err != nil {
		return nil, err
	}
	c, err := connect(ctx, env)
	if err != nil {
		return nil, err
	}
	since := q.Since
	if oldest := q.Until.Add(-retention); since.Before(oldest) {
		since = oldest
	}
	for _, id := range around(resource) {
		found, err := c.changes(ctx, subscription, id, since, q.Until)
		if id != resource && q.Action == stage.DriftDeleted {
			found = slices.DeleteFunc(found, func(a drift.Activity) bool { return !strings.HasSuffix(strings.ToLower(a.Operation), "/delete") })
		}
		if err != nil || len(found) > 0 {
			return found, err
		}
	}
	return nil, nil
}

// logged is the id that the log has of a resource. The provider's own ids, which
// are not Azure's, have a bar in them: what they are of is before it.
func logged(q drift.ActivityQuery) string {
	of, name, own := strings.Cut(q.ResourceID, "|")
	if own && q.Type == "azurerm_monitor_diagnostic_setting" {
		return of + "/providers/Microsoft.Insights/diagnosticSettings/" + name
	}
	return of
}

func subscriptionOf(id string) (string, bool) {
	parts := strings.Split(id, "/")
	if len(parts) < 3 || !strings.EqualFold(parts[1], "subscriptions") || strings.ContainsAny(id, "|'") {
		return "", false
	}
	return parts[2], true
}

// around are the id and those that it lies in, down to its resource group.
func around(id string) []string {
	ids := []string{id}
	parts := strings.Split(strings.Trim(id, "/"), "/")
	for end := len(parts) - 2; end > 7; end -= 2 {
		ids = append(ids, "/"+strings.Join(parts[:end], "/"))
	}
	if len(parts) > 4 && strings.EqualFold(parts[2], "resourceGroups") {
		ids = append(ids, "/"+strings.Join(parts[:4], "/"))
	}
	return ids
}

// moment is how the log's filter writes a time.
const moment = "2006-01-02T15:04:05.0000000Z"

// changes asks for the changes of one id.
func (c *connection) changes(ctx context.Context, subscription, id string, since, until time.Time) ([]drift.Activity, error) {
	filter := fmt.Sprintf("eventTimestamp ge '%s' and eventTimestamp le '%s' and resourceUri eq '%s'",
		since.UTC().Format(moment), until.UTC().Format(moment), id)
	next := c.manager + "/subscriptions/" + url.PathEscape(subscription) + "/providers/Microsoft.Insights/eventtypes/management/values?" +
		url.Values{"api-version": {"2015-04-01"}, "$filter": {filter}}.Encode()
	var all []event
	for range mostPages {
		var page struct {
			Value    []event `json:"value"`
			NextLink string  `json:"nextLink"`
		}
		if err := c.get(ctx, next, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Value...)
		if next = page.NextLink; next == "" || !strings.HasPrefix(next, c.manager+"/") {
			break
		}
	}
	return activities(all), nil
}

func (c *connection) get(ctx context.Context, address string, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	token, err := c.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{c.audience + "/.default"}})
	if err != nil {
		return kernel.Errorf(kernel.Unavailable, "the sign-in to Azure failed: %w", err).
			WithFix("give the daemon the ARM_* variables with which runs sign in, and the role Reader on the subscription")
	}
	req.Header.Set("Authorization", "Bearer "+token.Token)
	res, err := c.http.Do(req)
	if err != nil {
		return kernel.Errorf(kernel.Unavailable, "Azure cannot be reached: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return kernel.Errorf(kernel.Unavailable, "Azure's answer was cut: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return refusal(res.StatusCode, raw)
	}
	return json.Unmarshal(raw, out)
}

func refusal(status int, raw []byte) error {
	var told struct {
		Error struct{ Code, Message string }
	}
	_ = json.Unmarshal(raw, &told) // the status says enough
	e := kernel.Errorf(kernel.Unavailable, "Azure Monitor answers %d %s", status, told.Error.Code)
	if status == http.StatusForbidden || status == http.StatusUnauthorized {
		return e.WithFix("give the identity of the stage the role Reader on the subscription: the activity log is its")
	}
	return e
}

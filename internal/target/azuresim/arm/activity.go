package arm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxEntries is how many entries of the activity log are kept at least.
const maxEntries = 20000

// Entry is one line of the activity log: who did what to which resource. Reads are not in it.
type Entry struct {
	ID            string    `json:"id"`
	Time          time.Time `json:"time"`
	Caller        string    `json:"caller"`
	ObjectID      string    `json:"objectId"`
	AppID         string    `json:"appId"`
	Operation     string    `json:"operation"`
	ResourceID    string    `json:"resourceId"`
	Status        int       `json:"status"`
	Code          string    `json:"code,omitempty"`
	CorrelationID string    `json:"correlationId"`
}

// Succeeded tells whether it was done.
func (e Entry) Succeeded() bool { return e.Status < http.StatusBadRequest }

type activity struct {
	mu      sync.Mutex
	entries []Entry
	journal Journal
}

func openActivity(ctx context.Context, journal Journal) (*activity, error) {
	a := &activity{journal: journal}
	if journal == nil {
		return a, nil
	}
	var err error
	if a.entries, err = journal.Entries(ctx); err != nil {
		return nil, fmt.Errorf("read the activity log: %w", err)
	}
	return a, nil
}

func (a *activity) add(ctx context.Context, e Entry) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.journal != nil {
		if err := a.journal.Write(ctx, nil, []Entry{e}); err != nil {
			return err
		}
	}
	if a.entries = append(a.entries, e); len(a.entries) > 2*maxEntries {
		a.entries = slices.Clone(a.entries[maxEntries:])
	}
	return nil
}

// Note adds an entry to the activity log.
func (e *Engine) Note(ctx context.Context, entry Entry) {
	if entry.ID == "" {
		entry.ID = NewUUID()
	}
	entry.Time = e.now().UTC()
	if err := e.activity.add(context.WithoutCancel(ctx), entry); err != nil {
		e.log.ErrorContext(ctx, "the activity log of the simulated Azure cannot be written", "err", err)
	}
}

// Activity returns the entries of the activity log, the newest first.
func (e *Engine) Activity() []Entry {
	e.activity.mu.Lock()
	defer e.activity.mu.Unlock()
	out := slices.Clone(e.activity.entries)
	slices.Reverse(out)
	return out
}

// note writes what a request did into the activity log.
func (e *Engine) note(ctx context.Context, r *request, a *answer, failed error) {
	if r.method == http.MethodGet || r.method == http.MethodHead {
		return
	}
	entry := Entry{
		Caller: r.caller.Name, ObjectID: r.caller.ObjectID, AppID: r.caller.AppID,
		Operation: e.operationName(r), ResourceID: r.path, Status: a.status, CorrelationID: r.correlation,
	}
	if known, is := errors.AsType[*Error](failed); is {
		entry.Code = known.Code
	}
	e.Note(ctx, entry)
}

func (e *Engine) operationName(r *request) string {
	id, err := ParseID(r.path)
	if err != nil {
		return r.method
	}
	typ := id.Type()
	if strings.EqualFold(typ, TypeGroup) {
		typ = "Microsoft.Resources/subscriptions/resourceGroups"
	}
	if kind := e.kind(typ); kind != nil {
		typ = kind.Type
	}
	switch r.method {
	case http.MethodDelete:
		return typ + "/delete"
	case http.MethodPost:
		return typ + "/action"
	}
	return typ + "/write"
}

// events answers the list of the activity log as Microsoft.Insights does, with $filter over
// eventTimestamp, resourceGroupName, resourceUri, resourceProvider, caller and correlationId.
func (e *Engine) events(r *request) (*answer, error) {
	clauses, err := parseFilter(r.query.Get("$filter"))
	if err != nil {
		return nil, err
	}
	values := []any{}
	for _, entry := range e.Activity() {
		if entry.matches(clauses) {
			values = append(values, entry.event())
		}
	}
	return ok(Object{"value": values}), nil
}

func (e Entry) matches(clauses []clause) bool {
	id, _ := ParseID(e.ResourceID)
	fields := map[string]string{
		"eventtimestamp": e.Time.Format(time.RFC3339Nano), "resourcegroupname": id.Group, "resourceuri": e.ResourceID, "resourceid": e.ResourceID,
		"resourceprovider": id.Namespace, "caller": e.Caller, "correlationid": e.CorrelationID, "operationname": e.Operation,
	}
	for _, one := range clauses {
		got, known := fields[strings.ToLower(one.name)]
		if !known || !one.compare(got) {
			return false
		}
	}
	return true
}

func (e Entry) event() Object {
	id, _ := ParseID(e.ResourceID)
	status := "Succeeded"
	if !e.Succeeded() {
		status = "Failed"
	}
	name := func(v string) Object { return Object{"value": v, "localizedValue": v} }
	return Object{
		"eventDataId": e.ID, "eventTimestamp": e.Time.Format(time.RFC3339Nano), "submissionTimestamp": e.Time.Format(time.RFC3339Nano),
		"caller": e.Caller, "claims": Object{"appid": e.AppID, "http://schemas.microsoft.com/identity/claims/objectidentifier": e.ObjectID},
		"operationName": name(e.Operation), "resourceId": e.ResourceID, "resourceGroupName": id.Group, "resourceProviderName": name(id.Namespace),
		"resourceType": name(id.Type()), "status": name(status), "subStatus": name(fmt.Sprint(e.Status, " ", e.Code)),
		"correlationId": e.CorrelationID, "category": name("Administrative"), "level": "Informational", "subscriptionId": id.Subscription,
	}
}

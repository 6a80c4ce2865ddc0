package arm

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// maxOperations is how many operations are remembered.
const maxOperations = 10000

// operation is a long-running operation. Its work is done when it starts; what runs is
// the number of polls until it says so.
type operation struct {
	id, key, state string
	left           int
	// result is what it made; gone is what it removes, shown until it ends.
	result  any
	gone    Object
	started time.Time
}

// operations are remembered until the simulator ends.
type operations struct {
	mu    sync.Mutex
	byID  map[string]*operation
	byKey map[string]*operation
	order []string
}

func newOperations() *operations {
	return &operations{byID: map[string]*operation{}, byKey: map[string]*operation{}}
}

func (o *operations) start(op operation) *operation {
	o.mu.Lock()
	defer o.mu.Unlock()
	op.id = NewUUID()
	o.byID[op.id] = &op
	if op.left > 0 {
		o.byKey[op.key] = &op
	}
	if o.order = append(o.order, op.id); len(o.order) > maxOperations {
		delete(o.byID, o.order[0])
		o.order = o.order[1:]
	}
	return &op
}

// poll counts one poll and returns the operation as it is now.
func (o *operations) poll(id string) (op operation, known bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	got := o.byID[id]
	if got == nil {
		return operation{}, false
	}
	op = *got
	o.step(got)
	return op, true
}

// step brings an operation one poll nearer to its end.
func (o *operations) step(op *operation) {
	if op.left > 0 {
		op.left--
	}
	if op.left == 0 && o.byKey[op.key] == op {
		delete(o.byKey, op.key)
	}
}

// state counts a read of a resource as a poll and returns its state while it is being
// written, else "".
func (o *operations) state(key string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	op := o.byKey[key]
	if op == nil || op.gone != nil {
		return ""
	}
	o.step(op)
	return op.state
}

// tombstone counts a read as a poll and returns what is being deleted, else nil.
func (o *operations) tombstone(key string) Object {
	o.mu.Lock()
	defer o.mu.Unlock()
	op := o.byKey[key]
	if op == nil || op.gone == nil {
		return nil
	}
	o.step(op)
	return Clone(op.gone)
}

func (o *operations) deleting(key string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	op := o.byKey[key]
	return op != nil && op.gone != nil
}

// forget ends what an earlier operation still shows of a resource.
func (o *operations) forget(key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.byKey, key)
}

// pollable tells in an answer where its operation is found.
func (e *Engine) pollable(a *answer, op *operation, style Style, r *request) *answer {
	if r.slow > 0 {
		a.with("Retry-After", "0")
	}
	if style == Now {
		return a
	}
	at := e.cloud.Endpoint + "/subscriptions/" + e.cloud.SubscriptionID + "/providers/Microsoft.Resources/"
	query := "?" + url.Values{"api-version": {r.query.Get("api-version")}}.Encode()
	if style == ByOperation {
		a.with("Azure-Asyncoperation", at+"operationStatuses/"+op.id+query)
	}
	return a.with("Location", at+"operationResults/"+op.id+query)
}

// operationOf answers a poll; done is false when the path is none of an operation.
func (e *Engine) operationOf(r *request) (a *answer, err error, is bool) {
	path := strings.ToLower(r.path)
	at := strings.LastIndex(path, "/providers/microsoft.resources/operation")
	if at < 0 || r.method != http.MethodGet {
		return nil, nil, false
	}
	how, id, _ := strings.Cut(path[at+len("/providers/microsoft.resources/"):], "/")
	op, known := e.operations.poll(id)
	if !known {
		return nil, NotFound("OperationNotFound", "The operation '%s' was not found.", id), true
	}
	if how == "operationstatuses" {
		return ok(op.document(r.path)), nil, true
	}
	switch {
	case op.left > 0:
		return empty(http.StatusAccepted).with("Location", e.cloud.Endpoint+r.path+"?"+r.query.Encode()).with("Retry-After", "0"), nil, true
	case op.result == nil:
		return empty(http.StatusOK), nil, true
	}
	return ok(op.result), nil, true
}

func (op operation) document(path string) Object {
	doc := Object{"id": path, "name": op.id, "status": "Succeeded", "startTime": op.started.Format(time.RFC3339)}
	if op.left > 0 {
		doc["status"] = "InProgress"
		return doc
	}
	doc["endTime"], doc["percentComplete"] = op.started.Format(time.RFC3339), 100
	if op.state == "" && op.result != nil {
		doc["properties"] = op.result
	}
	return doc
}

package blob

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// lease is a blob's lease: who holds its id may write.
type lease struct {
	ID string `json:"id"`
	// Seconds is how long it lasts without being renewed, -1 for ever.
	Seconds int       `json:"seconds"`
	Until   time.Time `json:"until"`
	// Broken leases hold others off until Until and cannot be renewed.
	Broken bool `json:"broken,omitempty"`
}

// active tells whether the lease holds others off.
func (l *lease) active(now time.Time) bool {
	return l != nil && (l.Seconds < 0 && !l.Broken || now.Before(l.Until))
}

// left is how many seconds an active lease that is not for ever still holds, rounded up.
func (l *lease) left(now time.Time) int {
	return int((max(l.Until.Sub(now), 0) + time.Second - 1) / time.Second)
}

func (l *lease) describe(h http.Header, now time.Time) {
	status, state := "unlocked", "available"
	switch {
	case l.active(now) && l.Broken:
		status, state = "locked", "breaking"
	case l.active(now):
		status, state = "locked", "leased"
		h.Set("X-Ms-Lease-Duration", map[bool]string{true: "infinite", false: "fixed"}[l.Seconds < 0])
	case l != nil && l.Broken:
		state = "broken"
	case l != nil:
		state = "expired"
	}
	h.Set("X-Ms-Lease-Status", status)
	h.Set("X-Ms-Lease-State", state)
}

// writable refuses a write that does not have the lease's id.
func (l *lease) writable(id string, now time.Time) error {
	switch {
	case l.active(now) && id == "":
		return precondition("LeaseIdMissing", "There is currently a lease on the blob and no lease ID was specified in the request.")
	case l.active(now) && !strings.EqualFold(id, l.ID):
		return precondition("LeaseIdMismatchWithBlobOperation", "The lease ID specified did not match the lease ID for the blob.")
	case !l.active(now) && id != "":
		return precondition("LeaseNotPresentWithBlobOperation", "There is currently no lease on the blob.")
	}
	return nil
}

// readable refuses a read that names another lease than the blob's.
func (l *lease) readable(id string, now time.Time) error {
	if id == "" {
		return nil
	}
	return l.writable(id, now)
}

func precondition(code, message string) error {
	return arm.Errorf(http.StatusPreconditionFailed, code, "%s", message)
}

func leaseBlob(k *call) (answer, error) {
	if err := k.inContainer("blobs/write", true); err != nil {
		return answer{}, err
	}
	b, err := k.must("")
	if err != nil {
		return answer{}, err
	}
	run, known := map[string]func(*call, *stored) (int, error){
		"acquire": acquire, "renew": renew, "change": change, "release": release, "break": breakLease,
	}[strings.ToLower(k.Header.Get("X-Ms-Lease-Action"))]
	if !known {
		return answer{}, arm.BadRequest("InvalidHeaderValue", "The value of the header x-ms-lease-action is not valid.")
	}
	status, err := run(k, b)
	if err != nil {
		return answer{}, err
	}
	k.stamp(b.properties)
	return answer{status: status}, k.save(b.properties, nil)
}

func acquire(k *call, b *stored) (int, error) {
	id := cmp.Or(k.Header.Get("X-Ms-Proposed-Lease-Id"), k.c.NewUUID())
	seconds, err := strconv.Atoi(k.Header.Get("X-Ms-Lease-Duration"))
	if err != nil || seconds != -1 && (seconds < 15 || seconds > 60) {
		return 0, arm.BadRequest("InvalidHeaderValue", "A lease lasts 15 to 60 seconds, or -1 for ever.")
	}
	if b.Lease.active(k.c.Now()) && b.Lease.Broken {
		return 0, arm.Conflict("LeaseIsBreakingAndCannotBeAcquired", "There is already a breaking lease present, and it cannot be acquired until the lease breaks.")
	}
	if b.Lease.active(k.c.Now()) && !strings.EqualFold(b.Lease.ID, id) {
		return 0, arm.Conflict("LeaseAlreadyPresent", "There is already a lease present.")
	}
	b.Lease = &lease{ID: id, Seconds: seconds, Until: k.c.Now().Add(time.Duration(seconds) * time.Second)}
	k.head.Set("X-Ms-Lease-Id", id)
	return http.StatusCreated, nil
}

// held checks that the request names the blob's lease.
func held(k *call, b *stored) error {
	if b.Lease == nil {
		return arm.Conflict("LeaseNotPresentWithLeaseOperation", "There is currently no lease on the blob.")
	}
	if !strings.EqualFold(b.Lease.ID, k.Header.Get("X-Ms-Lease-Id")) {
		return arm.Conflict("LeaseIdMismatchWithLeaseOperation", "The lease ID specified did not match the lease ID for the blob.")
	}
	return nil
}

func renew(k *call, b *stored) (int, error) {
	if err := held(k, b); err != nil {
		return 0, err
	}
	if b.Lease.Broken {
		return 0, arm.Conflict("LeaseIsBrokenAndCannotBeRenewed", "The lease has been broken explicitly and cannot be renewed.")
	}
	b.Lease.Until = k.c.Now().Add(time.Duration(b.Lease.Seconds) * time.Second)
	k.head.Set("X-Ms-Lease-Id", b.Lease.ID)
	return http.StatusOK, nil
}

func change(k *call, b *stored) (int, error) {
	proposed := k.Header.Get("X-Ms-Proposed-Lease-Id")
	if proposed == "" {
		return 0, arm.BadRequest("MissingRequiredHeader", "The header x-ms-proposed-lease-id is missing.")
	}
	if b.Lease == nil || !strings.EqualFold(b.Lease.ID, proposed) {
		if err := held(k, b); err != nil {
			return 0, err
		}
	}
	b.Lease.ID = proposed
	k.head.Set("X-Ms-Lease-Id", proposed)
	return http.StatusOK, nil
}

func release(k *call, b *stored) (int, error) {
	if err := held(k, b); err != nil {
		return 0, err
	}
	b.Lease = nil
	return http.StatusOK, nil
}

// breakLease ends a lease for whoever asks: after the period that the request names, else when a lease
// with an end ends, and at once one without. A period never prolongs a lease.
func breakLease(k *call, b *stored) (int, error) {
	if b.Lease == nil {
		return 0, arm.Conflict("LeaseNotPresentWithLeaseOperation", "There is currently no lease on the blob.")
	}
	now := k.c.Now()
	ends := b.Lease.Seconds >= 0 || b.Lease.Broken
	seconds := 0
	if ends {
		seconds = b.Lease.left(now)
	}
	if sent := k.Header.Get("X-Ms-Lease-Break-Period"); sent != "" {
		period, err := strconv.Atoi(sent)
		if err != nil || period < 0 || period > 60 {
			return 0, arm.BadRequest("InvalidHeaderValue", "A lease breaks after 0 to 60 seconds.")
		}
		if !ends || period < seconds {
			seconds = period
		}
	}
	b.Lease.Broken, b.Lease.Until = true, now.Add(time.Duration(seconds)*time.Second)
	k.head.Set("X-Ms-Lease-Time", strconv.Itoa(seconds))
	return http.StatusAccepted, nil
}

package identity

import (
	"context"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// How long a view is used before the database is asked whether it is still right, and
// how long it is used at all.
const (
	freshFor = 500 * time.Millisecond
	viewLife = time.Minute
)

// What is kept in memory at most: subjects, tokens and projects of one tenant, tenants,
// and tokens of all.
const (
	maxKept    = 20_000
	maxTenants = 5_000
	maxBearers = 200_000
)

// view is what is known of a tenant at one revision. It fills as it is asked.
type view struct {
	revision int64
	made     time.Time
	subjects *bounded[string, *Standing]
	tokens   *bounded[string, Token]
	projects *bounded[string, struct{}]
	// closed is why nobody works in the tenant.
	closed error

	mu      sync.Mutex
	checked time.Time
}

func newView(revision int64, now time.Time) *view {
	return &view{
		revision: revision, made: now, checked: now, subjects: newBounded[string, *Standing](maxKept),
		tokens: newBounded[string, Token](maxKept), projects: newBounded[string, struct{}](maxKept),
	}
}

// isFresh reports whether the view can be used without asking the database.
func (v *view) isFresh(now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	since := now.Sub(v.checked)
	return since >= 0 && since < freshFor
}

// confirm notes that at now the view was still right. It reports whether it may be used
// for longer.
func (v *view) confirm(now time.Time, revision int64) bool {
	age := now.Sub(v.made)
	if v.revision != revision || age < 0 || age >= viewLife {
		return false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.checked = now
	return true
}

// views are those of all tenants that this process has to do with.
type views struct {
	mu  sync.RWMutex
	all map[string]*view
	// turn counts how often a view was dropped: one that was read before is not kept.
	turn int64
	// bearers tells of which tenant a token is, by its hash.
	bearers *bounded[string, string]
}

func newViews() *views {
	return &views{all: map[string]*view{}, bearers: newBounded[string, string](maxBearers)}
}

func (s *views) get(tenant string) (v *view, turn int64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.all[tenant], s.turn
}

// put keeps a view that was begun at a turn, unless one was dropped since.
func (s *views) put(tenant string, v *view, turn int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.turn != turn {
		return
	}
	if len(s.all) >= maxTenants {
		clear(s.all)
	}
	s.all[tenant] = v
}

func (s *views) drop(tenant string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, tenant)
	s.turn++
}

// view returns what is known of a tenant. It is no older than the last change that this
// process has made, and than freshFor where another one has.
func (s *Service) view(ctx context.Context, tenant string) (*view, error) {
	now := s.instant()
	v, turn := s.views.get(tenant)
	if v != nil && v.isFresh(now) {
		return v, nil
	}
	revision, err := s.Store.Revision(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if v != nil && v.confirm(now, revision) {
		return v, nil
	}
	v = newView(revision, now)
	if v.closed, err = s.closed(ctx, tenant); err != nil {
		return nil, err
	}
	if !db.InTransaction(ctx) { // what is read there may never come to be
		s.views.put(tenant, v, turn)
	}
	return v, nil
}

// closed returns why nobody works in a tenant.
func (s *Service) closed(ctx context.Context, tenant string) (why, err error) {
	if s.Tenants == nil {
		return nil, nil
	}
	if err := s.Tenants.Closed(ctx, tenant); kernel.Is(err, kernel.Denied) {
		return err, nil
	} else if err != nil {
		return nil, err
	}
	return nil, nil
}

// open returns why nobody works in a tenant, from what is known of it.
func (s *Service) open(ctx context.Context, tenant string) error {
	v, err := s.view(ctx, tenant)
	if err != nil {
		return err
	}
	return v.closed
}

// instant is this moment, by which the age of a view is right though the machine's clock
// is set back meanwhile: Now of the Clock does not keep what that takes.
func (s *Service) instant() time.Time {
	if s.Clock == nil {
		return time.Now()
	}
	return s.Clock()
}

// standing returns what a subject is in its tenant; one that there is not has no grants.
func (s *Service) standing(ctx context.Context, tenant, id string) (*Standing, error) {
	v, err := s.view(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return s.standingIn(ctx, v, tenant, id)
}

// working is standing for who acts: the error is Denied in a tenant that nobody works in,
// whichever way they came: also by a stream that is open, or by a message from elsewhere.
func (s *Service) working(ctx context.Context, tenant, id string) (*Standing, error) {
	v, err := s.view(ctx, tenant)
	if err == nil {
		err = v.closed
	}
	if err != nil {
		return nil, err
	}
	return s.standingIn(ctx, v, tenant, id)
}

func (s *Service) standingIn(ctx context.Context, v *view, tenant, id string) (*Standing, error) {
	if has, ok := v.subjects.get(id); ok {
		return has, nil
	}
	has, err := s.Store.Standing(ctx, tenant, id)
	switch {
	case kernel.Is(err, kernel.NotFound):
		return &Standing{Subject: Subject{ID: id}}, nil
	case err != nil:
		return nil, err
	}
	known := has.indexed()
	if !db.InTransaction(ctx) {
		v.subjects.put(id, known)
	}
	return known, nil
}

// token returns the token of a hash.
func (s *Service) token(ctx context.Context, hash string) (Token, error) {
	if tenant, ok := s.views.bearers.get(hash); ok {
		return s.tokenIn(ctx, tenant, hash)
	}
	t, err := s.Store.TokenByHash(ctx, hash)
	if err == nil {
		s.views.bearers.put(hash, t.Tenant)
	}
	return t, err
}

// tokenIn returns the token of a hash from what is known of its tenant.
func (s *Service) tokenIn(ctx context.Context, tenant, hash string) (Token, error) {
	v, err := s.view(ctx, tenant) // before the token is read: one that is revoked meanwhile goes with the view
	if err != nil {
		return Token{}, err
	}
	if t, ok := v.tokens.get(hash); ok {
		return t, nil
	}
	t, err := s.Store.TokenByHash(ctx, hash)
	if err == nil && !db.InTransaction(ctx) {
		v.tokens.put(hash, t)
	}
	return t, err
}

// changed notes, in the transaction of ctx, that what is known of the tenant is no
// longer right. It is called before what changes: others that change the tenant wait,
// so that of two admins who remove each other the second sees what the first did.
func (s *Service) changed(ctx context.Context, tenant string) error {
	if err := s.Store.Advance(ctx, tenant); err != nil {
		return err
	}
	db.AfterCommit(ctx, func() { s.views.drop(tenant) })
	return nil
}

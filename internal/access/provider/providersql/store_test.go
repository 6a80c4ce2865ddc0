package providersql_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/providersql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func each(t *testing.T, test func(t *testing.T, s *providersql.Store, now time.Time)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{providersql.Migrations()}, func(t *testing.T, d *db.DB) {
		test(t, providersql.NewStore(d), kernel.Clock(nil).Now())
	})
}

func want(t *testing.T, what string, err error, kind kernel.Kind) {
	t.Helper()
	if kernel.KindOf(err) != kind {
		t.Errorf("%s: %v, want %q", what, err, kind)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s: %s", what, d)
	}
}

func TestKeysAreNumbered(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *providersql.Store, now time.Time) {
		ctx := t.Context()
		first := provider.Key{ID: "key_1", Algorithm: provider.ES256, Number: 1, Sealed: []byte{0, 1, 255}, CreatedAt: now, From: now}
		want(t, "the first", s.AddKey(ctx, first), "")
		second := first
		second.ID = "key_2"
		want(t, "another of its number", s.AddKey(ctx, second), kernel.Conflict)
		second.Number = 2
		want(t, "the next", s.AddKey(ctx, second), "")
		want(t, "end", s.EndKeys(ctx, provider.ES256, 2, now.Add(time.Hour)), "")
		first.Until = now.Add(time.Hour)
		got, err := s.SigningKeys(ctx, now)
		want(t, "read", err, "")
		same(t, "both", got, []provider.Key{first, second})
		got, _ = s.SigningKeys(ctx, now.Add(time.Hour))
		same(t, "later", got, []provider.Key{second})
		if n, err := s.RemoveKeys(ctx, now.Add(time.Hour)); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		for _, n := range []int64{1, 2} {
			want(t, "advance", s.Advance(ctx), "")
			if got, err := s.Revision(ctx); got != n || err != nil {
				t.Errorf("revision %d, %v", got, err)
			}
		}
	})
}

func TestSessionsEndOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *providersql.Store, now time.Time) {
		ctx := t.Context()
		n := provider.Session{
			ID: "ses_1", Tenant: "default", Subject: "usr_1", Client: "cli_1", SignIn: "sgn_1", Scopes: []string{"openid", "read"},
			CreatedAt: now, ExpiresAt: now.Add(time.Hour), Kind: provider.ActiveDevice, Methods: []string{"pwd"}, Address: "192.0.2.1",
		}
		for i, fresh := range []bool{true, false} {
			if got, err := s.OpenSession(ctx, n); got != fresh || err != nil {
				t.Errorf("%d: %t, %v", i, got, err)
			}
		}
		other := n
		other.ID, other.SignIn = "ses_2", ""
		_, _ = s.OpenSession(ctx, other)
		got, err := s.Session(ctx, "ses_1")
		want(t, "read", err, "")
		same(t, "the session", got, n)
		_, err = s.Session(ctx, "ses_0")
		want(t, "none", err, kernel.NotFound)
		of, _ := s.SessionsOf(ctx, "sgn_1", "")
		same(t, "of a sign-in", of, []provider.Session{n})
		of, _ = s.SessionsOf(ctx, "", "cli_1")
		same(t, "of a client", of, []provider.Session{n, other})
		of, _ = s.SessionsOf(ctx, "", "")
		same(t, "of nothing", of, []provider.Session{})
		want(t, "move", s.MoveSessions(ctx, "sgn_1", "sgn_2"), "")
		for i, did := range []bool{true, false} {
			if got, err := s.EndSession(ctx, "ses_1", "a reason", now); got != did || err != nil {
				t.Errorf("end %d: %t, %v", i, got, err)
			}
		}
		if got, _ := s.Session(ctx, "ses_1"); got.Why != "a reason" || !got.EndedAt.Equal(now) || got.SignIn != "sgn_2" {
			t.Errorf("%+v", got)
		}
		ended, err := s.Ended(ctx, now.Add(-time.Minute))
		want(t, "ended", err, "")
		same(t, "ended", ended, []string{"ses_1"})
		if ended, _ = s.Ended(ctx, now); len(ended) != 0 {
			t.Errorf("%v", ended)
		}
		if removed, err := s.Sweep(ctx, now.Add(2*time.Hour)); removed != 0 || err != nil {
			t.Errorf("of sessions that somebody may be signed in by elsewhere: %d, %v", removed, err)
		}
		if removed, err := s.Sweep(ctx, now.Add(2*time.Hour+provider.SignInLife)); removed != 2 || err != nil {
			t.Errorf("%d, %v", removed, err)
		}
	})
}

func TestTheIssuerIsKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *providersql.Store, _ time.Time) {
		ctx := t.Context()
		got, err := s.Issuer(ctx)
		want(t, "before", err, "")
		same(t, "before", got, "")
		for _, issuer := range []string{"https://old.example.com", "https://terrace.example.com"} {
			want(t, "a change", s.Advance(ctx), "")
			want(t, "keep", s.SetIssuer(ctx, issuer), "")
			got, err = s.Issuer(ctx)
			want(t, "read", err, "")
			same(t, "the issuer", got, issuer)
		}
	})
}

func TestRequestsAreSpentOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *providersql.Store, now time.Time) {
		ctx := t.Context()
		r := provider.Request{Kind: "code", Hash: "abc", Session: "ses_1", Body: []byte(`{"a":1}`), CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
		want(t, "add", s.AddRequest(ctx, r), "")
		got, err := s.Request(ctx, "code", "abc")
		want(t, "read", err, "")
		same(t, "the request", got, r)
		_, err = s.Request(ctx, "other", "abc")
		want(t, "of another kind", err, kernel.NotFound)
		want(t, "spend", s.SpendRequest(ctx, "code", "abc"), "")
		want(t, "spend again", s.SpendRequest(ctx, "code", "abc"), kernel.Stale)
		if got, _ := s.Request(ctx, "code", "abc"); !got.Spent {
			t.Error("it is not spent")
		}
		want(t, "remove", s.RemoveRequest(ctx, "code", "abc"), "")
		want(t, "remove again", s.RemoveRequest(ctx, "code", "abc"), "")
	})
}

func TestBrowsersAndClients(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *providersql.Store, now time.Time) {
		ctx := t.Context()
		n := provider.SignIn{ID: "sgn_1", Tenant: "default", UserID: "usr_1", Hash: "h", Methods: []string{"pwd", "otp"}, At: now, ExpiresAt: now.Add(time.Hour)}
		want(t, "add", s.AddSignIn(ctx, n), "")
		got, err := s.SignInByHash(ctx, "h")
		want(t, "read", err, "")
		same(t, "the sign-in", got, n)
		_, err = s.SignInByHash(ctx, "other")
		want(t, "none", err, kernel.NotFound)
		for i, did := range []bool{true, false} {
			if got, err := s.EndSignIn(ctx, "sgn_1", now); got != did || err != nil {
				t.Errorf("end %d: %t, %v", i, got, err)
			}
		}
		if scopes, err := s.Consent(ctx, "default", "usr_1", "cli_1"); len(scopes) != 0 || err != nil {
			t.Errorf("%v, %v", scopes, err)
		}
		for _, scopes := range [][]string{{"openid"}, {"openid", "read"}} {
			want(t, "consent", s.PutConsent(ctx, "default", "usr_1", "cli_1", scopes, now), "")
			if got, _ := s.Consent(ctx, "default", "usr_1", "cli_1"); !slices.Equal(got, scopes) {
				t.Errorf("%v", got)
			}
		}
		c := provider.Client{
			ID: "cli_1", Tenant: "default", Name: "shop", Secret: "hash", Redirects: []string{"https://a/"}, LogoutRedirects: []string{"https://b/"},
			Grants: []string{provider.GrantCode}, Scopes: []string{"openid"}, Audiences: []string{"https://c/"}, Algorithm: provider.ES256, CreatedAt: now,
		}
		want(t, "add", s.AddClient(ctx, c), "")
		twin := c
		twin.ID = "cli_2"
		want(t, "another of its name", s.AddClient(ctx, twin), kernel.Conflict)
		twin.Tenant = "other"
		want(t, "one of its name in another tenant", s.AddClient(ctx, twin), "")
		page, err := s.Clients(ctx, "default", kernel.PageRequest{})
		want(t, "list", err, "")
		same(t, "the list", page.Items, []provider.Client{c})
		want(t, "a secret of another tenant's", s.SetSecret(ctx, "other", "cli_1", "x"), kernel.NotFound)
		want(t, "a secret", s.SetSecret(ctx, "default", "cli_1", "x"), "")
		c.Secret = "x"
		one, err := s.Client(ctx, "cli_1")
		want(t, "read", err, "")
		same(t, "the client", one, c)
		want(t, "remove another tenant's", s.RemoveClient(ctx, "other", "cli_1"), kernel.NotFound)
		want(t, "remove", s.RemoveClient(ctx, "default", "cli_1"), "")
	})
}

func TestDevicesAreDecidedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *providersql.Store, now time.Time) {
		ctx := t.Context()
		d := provider.Device{
			Hash: "h", Code: "BCDFGHJK", Client: "cli_1", Scopes: []string{"openid"}, Audiences: []string{"https://c/"},
			Methods: []string{}, Status: provider.DevicePending, CreatedAt: now, ExpiresAt: now.Add(time.Hour), Interval: 5,
		}
		want(t, "add", s.AddDevice(ctx, d), "")
		twin := d
		twin.Hash = "i"
		want(t, "another of its code", s.AddDevice(ctx, twin), kernel.Conflict)
		got, err := s.DeviceByHash(ctx, "h")
		want(t, "read", err, "")
		same(t, "the device", got, d)
		d.Status, d.Tenant, d.Subject, d.Methods, d.AuthTime, d.PolledAt, d.Interval = provider.DeviceApproved, "default", "usr_1", []string{"pwd"}, now, now, 10
		d.Via = "ups_1"
		want(t, "decide", s.PutDevice(ctx, d, provider.DevicePending), "")
		want(t, "decide again", s.PutDevice(ctx, d, provider.DevicePending), kernel.Stale)
		got, err = s.DeviceByCode(ctx, "BCDFGHJK")
		want(t, "read by code", err, "")
		same(t, "the device", got, d)
	})
}

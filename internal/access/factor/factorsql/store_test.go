package factorsql_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/access/factor"
	"github.com/terrace-idp/terrace/internal/access/factor/factorsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func each(t *testing.T, test func(t *testing.T, s *factorsql.Store, now time.Time)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{factorsql.Migrations()}, func(t *testing.T, d *db.DB) {
		test(t, factorsql.NewStore(d), kernel.Clock(nil).Now())
	})
}

func want(t *testing.T, what string, err error, kind kernel.Kind) {
	t.Helper()
	if kind == "" && err != nil || kind != "" && !kernel.Is(err, kind) {
		t.Fatalf("%s: %v, not %q", what, err, kind)
	}
}

func passkey(id, user string, now time.Time) factor.Factor {
	return factor.Factor{
		ID: id, Tenant: "default", UserID: user, Kind: factor.Passkey, Name: "stick", Credential: "c-" + id, Data: []byte("{}"), Count: 4, CreatedAt: now,
	}
}

func TestFactors(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *factorsql.Store, now time.Time) {
		ctx := t.Context()
		one, two := passkey("fct_1", "usr_1", now), passkey("fct_2", "usr_1", now.Add(time.Second))
		two.Kind, two.Credential = factor.TOTP, "totp:usr_1"
		want(t, "add", s.AddFactor(ctx, one), "")
		want(t, "add", s.AddFactor(ctx, two), "")
		twice := passkey("fct_3", "usr_2", now)
		twice.Credential = one.Credential
		want(t, "a credential twice", s.AddFactor(ctx, twice), kernel.Conflict)
		got, err := s.FactorsOf(ctx, "default", "usr_1")
		want(t, "list", err, "")
		if diff := cmp.Diff([]factor.Factor{one, two}, got); diff != "" {
			t.Error(diff)
		}
		for _, who := range [][2]string{{"other", "usr_1"}, {"default", "usr_2"}} {
			if got, err := s.FactorsOf(ctx, who[0], who[1]); err != nil || len(got) != 0 {
				t.Errorf("%v: %v, %v", who, got, err)
			}
			want(t, "remove that of somebody else", s.RemoveFactor(ctx, who[0], who[1], "fct_1"), kernel.NotFound)
		}
		found, err := s.ByCredential(ctx, one.Credential)
		want(t, "find", err, "")
		if diff := cmp.Diff(one, found); diff != "" {
			t.Error(diff)
		}
		_, err = s.ByCredential(ctx, two.Credential)
		want(t, "an app is no passkey", err, kernel.NotFound)
		one.Count, one.LastUsedAt, one.SuspectAt = 7, now, now
		want(t, "use", s.UseFactor(ctx, one, 4), "")
		want(t, "use what was used since", s.UseFactor(ctx, one, 4), kernel.Stale)
		want(t, "remove", s.RemoveFactor(ctx, "default", "usr_1", "fct_1"), "")
		want(t, "use what is gone", s.UseFactor(ctx, one, 7), kernel.Stale)
		want(t, "remove all", s.RemoveAllOf(ctx, "default", "usr_1"), "")
		if got, err := s.FactorsOf(ctx, "default", "usr_1"); err != nil || len(got) != 0 {
			t.Errorf("%v, %v", got, err)
		}
	})
}

func TestCodes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *factorsql.Store, now time.Time) {
		ctx := t.Context()
		counts := func(all, left int) {
			t.Helper()
			if a, l, err := s.CountCodes(ctx, "default", "usr_1"); err != nil || a != all || l != left {
				t.Errorf("%d, %d, %v", a, l, err)
			}
		}
		counts(0, 0)
		want(t, "put", s.PutCodes(ctx, "default", "usr_1", []string{"a", "b", "c"}), "")
		want(t, "put", s.PutCodes(ctx, "default", "usr_2", []string{"d"}), "")
		want(t, "use", s.UseCode(ctx, "default", "usr_1", "a", now), "")
		want(t, "use twice", s.UseCode(ctx, "default", "usr_1", "a", now), kernel.NotFound)
		want(t, "use that of somebody else", s.UseCode(ctx, "default", "usr_1", "d", now), kernel.NotFound)
		want(t, "use that of another tenant", s.UseCode(ctx, "other", "usr_1", "b", now), kernel.NotFound)
		counts(3, 2)
		want(t, "replace", s.PutCodes(ctx, "default", "usr_1", []string{"e"}), "")
		want(t, "use what was replaced", s.UseCode(ctx, "default", "usr_1", "b", now), kernel.NotFound)
		counts(1, 1)
	})
}

func TestTriesAndWhatIsSpent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *factorsql.Store, now time.Time) {
		ctx := t.Context()
		for seen := range 3 {
			want(t, "count", s.CountTry(ctx, "default", "usr_1", seen, now), "")
		}
		want(t, "count what was counted since", s.CountTry(ctx, "default", "usr_1", 2, now), kernel.Stale)
		if n, last, err := s.Tries(ctx, "default", "usr_1"); err != nil || n != 3 || !last.Equal(now) {
			t.Errorf("%d, %s, %v", n, last, err)
		}
		want(t, "forget", s.ForgetTries(ctx, "default", "usr_1"), "")
		if n, _, err := s.Tries(ctx, "default", "usr_1"); err != nil || n != 0 {
			t.Errorf("%d, %v", n, err)
		}
		want(t, "hold", s.Hold(ctx, "default", "usr_1"), "")
		if n, last, err := s.Tries(ctx, "default", "usr_1"); err != nil || n != 0 || last.After(now.Add(-time.Hour)) {
			t.Errorf("held: %d, %s, %v", n, last, err)
		}
		want(t, "count the first", s.CountTry(ctx, "default", "usr_1", 0, now), "")
		want(t, "hold", s.Hold(ctx, "default", "usr_1"), "")
		if n, last, err := s.Tries(ctx, "default", "usr_1"); err != nil || n != 1 || !last.Equal(now) {
			t.Errorf("held: %d, %s, %v", n, last, err)
		}
		want(t, "spend", s.Spend(ctx, "x", now.Add(time.Minute)), "")
		want(t, "spend twice", s.Spend(ctx, "x", now.Add(time.Minute)), kernel.Conflict)
		want(t, "sweep too early", s.Sweep(ctx, now), "")
		want(t, "spend twice", s.Spend(ctx, "x", now.Add(time.Minute)), kernel.Conflict)
		want(t, "sweep", s.Sweep(ctx, now.Add(time.Hour)), "")
		want(t, "spend after that", s.Spend(ctx, "x", now.Add(time.Minute)), "")
	})
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *factorsql.Store, _ time.Time) {
		ctx := t.Context()
		for _, p := range []factor.Policy{factor.Required, factor.Admins, factor.Optional} {
			want(t, "put", s.PutPolicy(ctx, "default", p), "")
			if got, err := s.Policy(ctx, "default"); err != nil || got != p {
				t.Errorf("%s, %v", got, err)
			}
			if got, err := s.Policy(ctx, "other"); err != nil || got != factor.Optional {
				t.Errorf("another tenant: %s, %v", got, err)
			}
		}
	})
}

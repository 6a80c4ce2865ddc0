package identity_test

import (
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestAnElevationIsApprovedByAnotherAndEnds by itself, and all of it is recorded.
func TestAnElevationIsApprovedByAnotherAndEnds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		f.user(t, "root", identity.Admin)
		pat, ada, eve := f.user(t, "pat", ""), f.user(t, "ada", identity.Viewer), f.user(t, "eve", identity.Approver)
		f.grant(t, "shop", "pat", identity.Admin)
		prod := tenant().InProject("shop").InStage("prod")
		n := identity.NewElevation{Role: identity.Developer, Length: time.Hour, Reason: "the queue is stuck"}
		for name, bad := range map[string]identity.NewElevation{
			"no reason":  {Role: identity.Developer, Length: time.Hour, Reason: " "},
			"too long":   {Role: identity.Developer, Length: 25 * time.Hour, Reason: "x"},
			"too short":  {Role: identity.Developer, Length: time.Minute, Reason: "x"},
			"no role":    {Role: "king", Length: time.Hour, Reason: "x"},
			"operator":   {Role: identity.Operator, Length: time.Hour, Reason: "x"},
			"no minutes": {Role: identity.Developer, Reason: "x"},
		} {
			if _, err := f.Elevate(ada, prod, bad); !kernel.Is(err, kernel.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		e, err := f.Elevate(ada, prod, n)
		want(t, err, "")
		want(t, f.Authorize(ada, "workload.deploy", prod), kernel.Denied)
		_, err = f.DecideElevation(eve, tenant(), e.ID, true, "")
		want(t, err, kernel.Denied)
		own, err := f.Elevate(pat, prod, n)
		want(t, err, "")
		_, err = f.DecideElevation(pat, tenant(), own.ID, true, "")
		want(t, err, kernel.Refused)
		_, err = f.DecideElevation(pat, kernel.Scope{Tenant: "other"}, e.ID, true, "")
		want(t, err, kernel.NotFound)
		e, err = f.DecideElevation(pat, tenant(), e.ID, true, "go on")
		want(t, err, "")
		_, err = f.DecideElevation(pat, tenant(), e.ID, false, "")
		want(t, err, kernel.Conflict)
		want(t, f.Authorize(ada, "workload.deploy", prod), "")
		want(t, f.Authorize(ada, "workload.deploy", tenant().InProject("shop").InStage("dev")), kernel.Denied)
		open, err := f.Elevations(pat, tenant(), identity.ElevationFilter{Project: "shop", Open: true}, kernel.PageRequest{})
		if err != nil || len(open.Items) != 2 || open.Items[1].State(f.clock.read()) != identity.ElevationActive {
			t.Errorf("%+v, %v", open, err)
		}
		f.clock.add(time.Hour)
		want(t, f.Authorize(ada, "workload.deploy", prod), kernel.Denied)
		if state := e.State(f.clock.read()); state != identity.ElevationExpired {
			t.Error(state)
		}
		_, err = f.EndElevation(ada, tenant(), e.ID, "")
		want(t, err, kernel.Conflict)
		want(t, f.NoteExpired(t.Context()), "")
		want(t, f.NoteExpired(t.Context()), "") // noted once
		noted, err := f.Store.Elevation(t.Context(), tenant().Tenant, e.ID)
		if err != nil || noted.State(f.clock.read()) != identity.ElevationExpired || f.journal.count("elevation.ended") != 1 {
			t.Errorf("%+v, %v, noted %d times", noted, err, f.journal.count("elevation.ended"))
		}
		for _, fact := range []string{"elevation.requested", "elevation.approved", "access.granted"} {
			if f.journal.count(fact) == 0 {
				t.Errorf("%s is not recorded", fact)
			}
		}
	})
}

func TestNobodyAsksForMoreThanSomebodyReads(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		f.user(t, "root", identity.Admin)
		ada, bob := f.user(t, "ada", identity.Viewer), f.user(t, "bob", identity.Viewer)
		n := identity.NewElevation{Role: identity.Admin, Length: time.Hour, Reason: "x"}
		for range 20 {
			_, err := f.Elevate(ada, tenant(), n)
			want(t, err, "")
		}
		_, err := f.Elevate(ada, tenant(), n)
		want(t, err, kernel.Conflict)
		_, err = f.Elevate(bob, tenant(), n)
		want(t, err, "")
		f.clock.add(identity.DecideWithin) // they lapse
		_, err = f.Elevate(ada, tenant(), n)
		want(t, err, "")
	})
}

func TestAnElevationEndsEarlyIsDeniedOrLapses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		root, ada := f.user(t, "root", identity.Admin), f.user(t, "ada", identity.Viewer)
		eve := f.user(t, "eve", "")
		n := identity.NewElevation{Role: identity.Admin, Length: time.Hour, Reason: "x"}
		e, err := f.Elevate(ada, tenant(), n)
		want(t, err, "")
		e, err = f.DecideElevation(root, tenant(), e.ID, true, "")
		want(t, err, "")
		want(t, f.Authorize(ada, "user.read", tenant()), "")
		_, err = f.EndElevation(eve, tenant(), e.ID, "")
		want(t, err, kernel.Denied)
		e, err = f.EndElevation(ada, tenant(), e.ID, "done")
		want(t, err, "")
		want(t, f.Authorize(ada, "user.read", tenant()), kernel.Denied)
		denied, err := f.Elevate(ada, tenant(), n)
		want(t, err, "")
		denied, err = f.DecideElevation(root, tenant(), denied.ID, false, "not now")
		want(t, err, "")
		want(t, f.Authorize(ada, "user.read", tenant()), kernel.Denied)
		lapsed, err := f.Elevate(ada, tenant(), n)
		want(t, err, "")
		f.clock.add(24 * time.Hour)
		_, err = f.DecideElevation(root, tenant(), lapsed.ID, true, "")
		want(t, err, kernel.Conflict)
		now := f.clock.read()
		for state, one := range map[identity.ElevationState]identity.Elevation{
			identity.ElevationEnded: e, identity.ElevationDenied: denied, identity.ElevationLapsed: lapsed,
		} {
			if got := one.State(now); got != state {
				t.Errorf("%s, want %s", got, state)
			}
		}
		mine, err := f.Elevations(eve, tenant(), identity.ElevationFilter{}, kernel.PageRequest{})
		if err != nil || len(mine.Items) != 0 {
			t.Errorf("who sees no grants sees elevations of others: %+v, %v", mine, err)
		}
	})
}

// TestTheSettingsOfANodeNameWhoDecides: there and below it.
func TestTheSettingsOfANodeNameWhoDecides(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		root, ada, bob := f.user(t, "root", identity.Admin), f.user(t, "ada", identity.Viewer), f.user(t, "bob", identity.Viewer)
		_, err := f.CreateGroup(root, tenant(), "on-call", "")
		want(t, err, "")
		want(t, f.AddToGroup(root, tenant(), "on-call", "bob"), "")
		shop := tenant().InProject("shop")
		_, err = f.SetElevationRule(bob, shop, identity.ElevationRule{Users: []string{"bob"}})
		want(t, err, kernel.Denied)
		_, err = f.SetElevationRule(root, shop, identity.ElevationRule{Groups: []string{"nobodys"}})
		want(t, err, kernel.NotFound)
		_, err = f.SetElevationRule(root, shop, identity.ElevationRule{Groups: []string{"on-call"}, Longest: 2 * time.Hour})
		want(t, err, "")
		if r, err := f.ElevationRule(bob, shop); err != nil || r.Longest != 2*time.Hour {
			t.Errorf("%+v, %v", r, err)
		}
		n := identity.NewElevation{Role: identity.Developer, Length: 3 * time.Hour, Reason: "x"}
		_, err = f.Elevate(ada, shop.InStage("prod"), n)
		want(t, err, kernel.Invalid) // longer than the project lets
		n.Length = time.Hour
		e, err := f.Elevate(ada, shop.InStage("prod"), n)
		want(t, err, "")
		elsewhere, err := f.Elevate(ada, tenant().InProject("demo"), n)
		want(t, err, "")
		_, err = f.DecideElevation(bob, tenant(), elsewhere.ID, true, "")
		want(t, err, kernel.Denied)
		zoe := f.user(t, "zoe", "")
		want(t, f.AddToGroup(root, tenant(), "on-call", "zoe"), "")
		for project, waits := range map[string]int{"": 1, "shop": 1, "demo": 0} {
			seen, err := f.Elevations(zoe, tenant(), identity.ElevationFilter{Project: project, Open: true}, kernel.PageRequest{})
			if err != nil || len(seen.Items) != waits || waits > 0 && seen.Items[0].ID != e.ID {
				t.Errorf("who decides, and sees no roles, sees in %q: %+v, %v, want %d", project, seen.Items, err, waits)
			}
		}
		_, err = f.DecideElevation(bob, tenant(), e.ID, true, "")
		want(t, err, "")
		want(t, f.Authorize(ada, "workload.deploy", shop.InStage("prod")), "")
	})
}

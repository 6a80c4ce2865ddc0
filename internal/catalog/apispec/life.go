package apispec

import (
	"context"
	"net/url"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Deprecation says until when a version works, and where clients read about it.
type Deprecation struct {
	Stage  string
	Sunset time.Time
	Link   string
	Reason string
}

// Deprecate has the gateway tell clients of a version on a stage to leave it. A sunset that
// they were told is moved to a later day, and to a sooner one only with a reason.
func (s *Service) Deprecate(ctx context.Context, k Key, d Deprecation) (st Standing, err error) {
	if err := s.mayPublish(ctx, k, d.Stage); err != nil {
		return st, err
	}
	now := s.Clock.Now()
	if d.Sunset.Before(now) {
		return st, kernel.Errorf(kernel.Invalid, "the sunset %s is over", d.Sunset.UTC().Format(time.DateOnly)).WithFix("give clients time to leave")
	}
	if u, err := url.Parse(d.Link); d.Link != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
		return st, kernel.Errorf(kernel.Invalid, "%q is no address to read at", d.Link).WithFix("write it as https://…")
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if st, err = s.Store.Standing(ctx, k, d.Stage); err != nil {
			return err
		}
		if st.State == Retired {
			return kernel.Errorf(kernel.Conflict, "%s is retired on %s", k, d.Stage)
		}
		if st.Sunset != nil && d.Sunset.Before(*st.Sunset) && d.Reason == "" {
			return kernel.Errorf(kernel.Refused, "clients of %s were promised it on %s until %s", k, d.Stage, st.Sunset.UTC().Format(time.RFC3339)).
				WithFix("name a later day, or say why it is sooner with --reason")
		}
		if st.DeprecatedAt == nil {
			st.DeprecatedAt = &now
		}
		st.State, st.Sunset, st.Link = Deprecated, &d.Sunset, d.Link
		return s.stand(ctx, st, "api.deprecated", d.Reason, map[string]any{"sunset": d.Sunset})
	})
	s.changed(ctx, err)
	return st, err
}

// Undeprecate takes a deprecation back: clients are told to leave no longer. It says why, as
// they were told otherwise.
func (s *Service) Undeprecate(ctx context.Context, k Key, stage, reason string) (st Standing, err error) {
	if err := s.mayPublish(ctx, k, stage); err != nil {
		return st, err
	}
	if reason == "" {
		return st, kernel.Errorf(kernel.Invalid, "there is no reason").WithFix("say why clients may stay")
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if st, err = s.Store.Standing(ctx, k, stage); err != nil {
			return err
		}
		switch st.State {
		case Published:
			return kernel.Errorf(kernel.Conflict, "%s is not deprecated on %s", k, stage)
		case Retired:
			return kernel.Errorf(kernel.Conflict, "%s is retired on %s", k, stage).WithFix("publish it again: terrace api publish %s %s --stage %s", k.API, k.Version, stage)
		case Deprecated:
		}
		before := st.Sunset
		st.State, st.DeprecatedAt, st.Sunset, st.Link = Published, nil, nil, ""
		return s.stand(ctx, st, "api.undeprecated", reason, map[string]any{"sunset": before})
	})
	s.changed(ctx, err)
	return st, err
}

// Retire has the gateway answer that a version is gone. It is refused before the sunset.
func (s *Service) Retire(ctx context.Context, k Key, stage, reason string) (st Standing, err error) {
	if err := s.mayPublish(ctx, k, stage); err != nil {
		return st, err
	}
	now := s.Clock.Now()
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if st, err = s.Store.Standing(ctx, k, stage); err != nil {
			return err
		}
		switch {
		case st.State == Retired:
			return nil
		case st.State != Deprecated || st.Sunset == nil:
			return kernel.Errorf(kernel.Refused, "%s is not deprecated on %s", k, stage).WithFix("tell clients first: terrace api deprecate %s %s --stage %s --sunset DAY", k.API, k.Version, stage)
		case now.Before(*st.Sunset):
			return kernel.Errorf(kernel.Refused, "clients of %s were promised it on %s until %s", k, stage, st.Sunset.UTC().Format(time.RFC3339)).WithFix("wait until then")
		}
		st.State, st.RetiredAt = Retired, &now
		return s.stand(ctx, st, "api.retired", reason, nil)
	})
	s.changed(ctx, err)
	return st, err
}

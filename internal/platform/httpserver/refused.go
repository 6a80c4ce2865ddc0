package httpserver

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Refusals is told what somebody was refused.
type Refusals interface {
	// Refused tells that the actor of ctx was refused a request; pattern is what the path
	// matched, such as /api/v1/projects/{project}.
	Refused(ctx context.Context, method, pattern, path string)
}

// tellRefusals tells of answers 403.
func tellRefusals(to Refusals) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		if to == nil {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			out, ok := w.(*writer)
			if !ok || out.status != http.StatusForbidden {
				return
			}
			ctx := r.Context()
			if _, known := kernel.ActorFrom(ctx); !known {
				actor, _ := recordOf(ctx).read()
				if actor.ID == "" {
					return
				}
				ctx = kernel.WithActor(ctx, actor)
			}
			to.Refused(ctx, r.Method, chi.RouteContext(ctx).RoutePattern(), r.URL.Path)
		})
	}
}

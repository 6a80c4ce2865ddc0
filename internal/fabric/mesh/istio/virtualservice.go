package istio

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
)

// virtualService says what becomes of calls of a service; what none of its routes takes has no
// backend, as in the mesh of Terrace.
func virtualService(service string, ways []meshdoc.Way) map[string]any {
	routes := make([]any, 0, len(ways))
	for _, w := range ways {
		routes = append(routes, route(w))
	}
	return map[string]any{"hosts": []any{service}, "http": routes}
}

func route(w meshdoc.Way) map[string]any {
	out := map[string]any{"name": w.Route + "-" + strconv.Itoa(w.Rule), "route": destinations(w), "retries": retries(w)}
	if m := matches(w); len(m) > 0 {
		out["match"] = m
	}
	if wait := time.Duration(w.Timeouts.Request); wait > 0 {
		out["timeout"] = wait.String()
	}
	return out
}

func destinations(w meshdoc.Way) []any {
	out := make([]any, 0, len(w.Backends))
	for _, b := range w.Backends {
		to := map[string]any{"host": b.Name}
		if b.Port != 0 {
			to["port"] = map[string]any{"number": int64(b.Port)}
		}
		one := map[string]any{"destination": to}
		if len(w.Backends) > 1 {
			one["weight"] = int64(b.Share())
		}
		out = append(out, one)
	}
	return out
}

// matches are alternatives; none takes every call. A prefix is of whole segments, Istio's of
// characters: it is the path itself, and all below.
func matches(w meshdoc.Way) []any {
	common := map[string]any{}
	if w.Match.Method != "" {
		common["method"] = map[string]any{"exact": w.Match.Method}
	}
	if w.Port != 0 {
		common["port"] = int64(w.Port)
	}
	headers := map[string]any{}
	for _, h := range w.Match.Headers {
		kind := "exact"
		if h.Type == meshdoc.RegularExpression {
			kind = "regex"
		}
		headers[strings.ToLower(h.Name)] = map[string]any{kind: h.Value}
	}
	if len(headers) > 0 {
		common["headers"] = headers
	}
	uris := paths(w.Match.Path)
	if len(uris) == 0 && len(common) > 0 {
		return []any{common}
	}
	out := make([]any, 0, len(uris))
	for _, uri := range uris {
		one := map[string]any{"uri": uri}
		for key, value := range common {
			one[key] = value
		}
		out = append(out, one)
	}
	return out
}

func paths(p meshdoc.PathMatch) []map[string]any {
	whole := strings.TrimRight(p.Value, "/")
	switch {
	case p.Value == "":
		return nil
	case p.Type == meshdoc.Exact:
		return []map[string]any{{"exact": p.Value}}
	case p.Type == meshdoc.RegularExpression:
		return []map[string]any{{"regex": p.Value}}
	case whole == "":
		return nil
	}
	return []map[string]any{{"exact": whole}, {"prefix": whole + "/"}}
}

// retries says also where nothing is asked again: Istio would by itself.
func retries(w meshdoc.Way) map[string]any {
	if w.Retry == nil {
		return map[string]any{"attempts": int64(0)}
	}
	out := map[string]any{"attempts": int64(w.Retry.Attempts)}
	if pause := time.Duration(w.Retry.Backoff); pause > 0 {
		out["backoff"] = pause.String()
	}
	codes := w.Retry.Codes
	if len(codes) == 0 {
		codes = []int{http.StatusServiceUnavailable}
	}
	var on []string
	for _, code := range codes {
		on = append(on, strconv.Itoa(code))
		if name := grpcCode(code); name != "" && w.Kind == meshdoc.KindGRPCRoute {
			on = append(on, name)
		}
	}
	out["retryOn"] = strings.Join(on, ",")
	return out
}

// grpcCode is the condition for a status of HTTP where calls are by gRPC, as documents mean it.
func grpcCode(status int) string {
	switch status {
	case http.StatusTooManyRequests:
		return "resource-exhausted"
	case 499:
		return "cancelled"
	case http.StatusInternalServerError:
		return "internal"
	case http.StatusServiceUnavailable:
		return "unavailable"
	case http.StatusGatewayTimeout:
		return "deadline-exceeded"
	}
	return ""
}

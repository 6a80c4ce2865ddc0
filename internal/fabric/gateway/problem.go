package gateway

import (
	"encoding/json"
	"net/http"
)

// problem is an answer of the gateway itself (RFC 9457). Its readers are the
// clients of workloads, so it says nothing of the platform's inside.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	Fix    string `json:"fix,omitempty"`
}

func writeProblem(w http.ResponseWriter, status int, title, detail, fix string) {
	content, err := json.Marshal(problem{Type: "about:blank", Title: title, Status: status, Detail: detail, Fix: fix})
	if err != nil {
		status, content = http.StatusInternalServerError, nil
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(content) // the client may have gone
}

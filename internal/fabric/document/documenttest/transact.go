package documenttest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// target is the header that names an operation of DynamoDB.
const target = "X-Amz-Target"

// transactions adds TransactWriteItems to a server without it: under one lock it holds the
// conditions against the items that the server has, then has the server make each write.
// It is a stand-in for that operation alone, and knows the conditions that the store sends.
type transactions struct {
	server string
	next   http.Handler
	mu     sync.Mutex
}

func withTransactions(t *testing.T, server string) string {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(&transactions{server: server, next: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }}})
	t.Cleanup(s.Close)
	return s.URL
}

type action struct {
	TableName                 string
	Item, Key                 map[string]json.RawMessage `json:",omitempty"`
	ConditionExpression       string                     `json:",omitempty"`
	ExpressionAttributeValues map[string]json.RawMessage `json:",omitempty"`
}

func (a action) key() map[string]json.RawMessage {
	if a.Key != nil {
		return a.Key
	}
	return map[string]json.RawMessage{"p": a.Item["p"], "s": a.Item["s"]}
}

// ServeHTTP makes transactions, and hands everything else on. What is written outside of
// them waits for them.
func (s *transactions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !strings.HasSuffix(r.Header.Get(target), ".TransactWriteItems") {
		s.next.ServeHTTP(w, r)
		return
	}
	var asked struct {
		TransactItems []struct{ Put, Delete *action }
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	reasons, failed := make([]map[string]string, len(asked.TransactItems)), false
	for i, one := range asked.TransactItems {
		a := one.Put
		if a == nil {
			a = one.Delete
		}
		reasons[i] = map[string]string{"Code": "None"}
		if !s.holds(r, *a) {
			reasons[i]["Code"], failed = "ConditionalCheckFailed", true
		}
	}
	if failed {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]any{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "CancellationReasons": reasons})
		return
	}
	for _, one := range asked.TransactItems {
		if one.Put != nil {
			s.call(r, "PutItem", action{TableName: one.Put.TableName, Item: one.Put.Item})
		} else {
			s.call(r, "DeleteItem", action{TableName: one.Delete.TableName, Key: one.Delete.Key})
		}
	}
	_, _ = io.WriteString(w, "{}")
}

func (s *transactions) holds(r *http.Request, a action) bool {
	if a.ConditionExpression == "" {
		return true
	}
	var got struct{ Item map[string]json.RawMessage }
	_ = json.Unmarshal(s.call(r, "GetItem", action{TableName: a.TableName, Key: a.key()}), &got)
	if strings.HasPrefix(a.ConditionExpression, "attribute_not_exists") {
		return got.Item == nil
	}
	return bytes.Equal(got.Item["r"], a.ExpressionAttributeValues[":was"])
}

// call asks the server for one operation.
func (s *transactions) call(r *http.Request, operation string, a action) []byte {
	body, _ := json.Marshal(a)
	request := r.Clone(r.Context())
	request.Header.Set(target, "DynamoDB_20120810."+operation)
	request.Header.Del("X-Amz-Content-Sha256")
	request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer := httptest.NewRecorder()
	s.next.ServeHTTP(answer, request)
	return answer.Body.Bytes()
}

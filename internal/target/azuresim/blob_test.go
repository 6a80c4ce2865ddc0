package azuresim_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/target/azuresim"
	"github.com/terrace-idp/terrace/internal/target/azuresim/azuresimtest"
)

// store is a container of an account, with a caller's token.
type store struct {
	*cloud
	token string
}

func (c *cloud) store(t *testing.T) *store {
	t.Helper()
	c.must(t, "PUT", "{s}/resourceGroups/g1", group)
	c.must(t, "PUT", inGroup+"acc1", account)
	c.must(t, "PUT", inGroup+"acc1/blobServices/default/containers/state", `{"properties": {}}`)
	env := c.Env()
	_, body := c.form(t, map[string][]string{
		"grant_type": {"client_credentials"}, "client_id": {env["ARM_CLIENT_ID"]}, "client_secret": {env["ARM_CLIENT_SECRET"]}, "scope": {"https://storage.azure.com/.default"},
	})
	s := &store{cloud: c}
	s.token, _ = body["access_token"].(string)
	return s
}

// blob sends a request to the account; headers are "name: value".
func (s *store) blob(t *testing.T, method, path, content string, headers ...string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "https://acc1.blob.core.azuresim.localhost/"+path, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := s.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(raw), res.Header
}

const block = "x-ms-blob-type: BlockBlob"

// expect sends a request that has to end with a status and, for a refusal, a code.
func (s *store) expect(t *testing.T, status int, code, method, path, content string, headers ...string) http.Header {
	t.Helper()
	got, body, h := s.blob(t, method, path, content, headers...)
	if got != status || h.Get("X-Ms-Error-Code") != code {
		t.Errorf("%s %s %v: %d %s %q, not %d %s", method, path, headers, got, h.Get("X-Ms-Error-Code"), body, status, code)
	}
	return h
}

func TestBlobs(t *testing.T) {
	t.Parallel()
	s := start(t).store(t)
	s.expect(t, 404, "BlobNotFound", "GET", "state/a", "")
	s.expect(t, 404, "ContainerNotFound", "PUT", "nope/a", "x", block)
	s.expect(t, 201, "", "PUT", "state/a", "first", block, "x-ms-meta-who: me", "x-ms-blob-content-type: application/json")
	s.expect(t, 409, "BlobAlreadyExists", "PUT", "state/a", "x", block, "If-None-Match: *")
	status, body, h := s.blob(t, "GET", "state/a", "")
	if status != 200 || body != "first" || h.Get("X-Ms-Meta-Who") != "me" || h.Get("Content-Type") != "application/json" {
		t.Errorf("read back: %d %q %v", status, body, h)
	}
	if status, body, _ := s.blob(t, "GET", "state/a", "", "x-ms-range: bytes=1-2"); status != 206 || body != "ir" {
		t.Errorf("a range: %d %q", status, body)
	}
	snapshot := s.expect(t, 201, "", "PUT", "state/a?comp=snapshot", "").Get("X-Ms-Snapshot")
	s.expect(t, 201, "", "PUT", "state/a", "second", block)
	if _, body, _ := s.blob(t, "GET", "state/a?snapshot="+snapshot, ""); body != "first" {
		t.Errorf("the snapshot has %q", body)
	}
	s.expect(t, 201, "", "PUT", "state/b/c", "x", block)
	s.expect(t, 400, "InvalidHeaderValue", "PUT", "state/p", "", "x-ms-blob-type: PageBlob")
	_, body, _ = s.blob(t, "GET", "state?restype=container&comp=list", "")
	var list struct {
		Blobs struct{ Blob []struct{ Name string } }
	}
	if err := xml.Unmarshal([]byte(body), &list); err != nil || len(list.Blobs.Blob) != 2 || list.Blobs.Blob[1].Name != "b/c" {
		t.Errorf("the list: %v %s", err, body)
	}
	s.expect(t, 409, "SnapshotsPresent", "DELETE", "state/a", "")
	s.expect(t, 202, "", "DELETE", "state/a", "", "x-ms-delete-snapshots: include")
	s.expect(t, 404, "BlobNotFound", "GET", "state/a", "")
	s.must(t, "DELETE", inGroup+"acc1/blobServices/default/containers/state", "")
	s.must(t, "PUT", inGroup+"acc1/blobServices/default/containers/state", `{"properties": {}}`)
	s.expect(t, 404, "BlobNotFound", "GET", "state/b/c", "")
	s.expect(t, 409, "PublicAccessNotPermitted", "PUT", "open?restype=container", "", "x-ms-blob-public-access: blob")
}

func TestSnapshotsAreInNoFolder(t *testing.T) {
	t.Parallel()
	s := start(t).store(t)
	s.expect(t, 201, "", "PUT", "state/a", "first", block)
	s.expect(t, 201, "", "PUT", "state/a?comp=snapshot", "")
	s.expect(t, 200, "", "GET", "state?restype=container&comp=list&include=snapshots&delimiter=/&prefix=a%0A2", "")
}

// A client that never ends what it sends holds up nobody else.
func TestSlowUploads(t *testing.T) {
	t.Parallel()
	s := start(t).store(t)
	slow, end := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "https://acc1.blob.core.azuresim.localhost/state/slow", slow)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("X-Ms-Blob-Type", "BlockBlob")
	answered := make(chan error, 1)
	go func() {
		res, err := s.http.Do(req)
		if err == nil {
			err = res.Body.Close()
		}
		answered <- err
	}()
	if _, err := end.Write([]byte("a part of it")); err != nil {
		t.Fatal(err)
	}
	s.expect(t, 201, "", "PUT", "state/a", "first", block)
	if err := end.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	if _, body, _ := s.blob(t, "GET", "state/slow", ""); body != "a part of it" {
		t.Errorf("what was sent slowly is %q", body)
	}
}

func TestLeases(t *testing.T) {
	t.Parallel()
	s := start(t).store(t)
	s.expect(t, 201, "", "PUT", "state/a", "first", block)
	const first, second = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
	acquire := func(status int, code, id string) {
		t.Helper()
		s.expect(t, status, code, "PUT", "state/a?comp=lease", "", "x-ms-lease-action: acquire", "x-ms-lease-duration: -1", "x-ms-proposed-lease-id: "+id)
	}
	acquire(201, "", first)
	acquire(409, "LeaseAlreadyPresent", second)
	if h := s.expect(t, 200, "", "HEAD", "state/a", ""); h.Get("X-Ms-Lease-Status") != "locked" {
		t.Errorf("a leased blob is %v", h)
	}
	s.expect(t, 412, "LeaseIdMissing", "PUT", "state/a", "x", block)
	s.expect(t, 412, "LeaseIdMissing", "DELETE", "state/a", "")
	s.expect(t, 412, "LeaseIdMismatchWithBlobOperation", "PUT", "state/a", "x", block, "x-ms-lease-id: "+second)
	s.expect(t, 201, "", "PUT", "state/a", "x", block, "x-ms-lease-id: "+first)
	s.expect(t, 200, "", "PUT", "state/a?comp=metadata", "", "x-ms-meta-lock: y", "x-ms-lease-id: "+first)
	s.expect(t, 409, "LeaseIdMismatchWithLeaseOperation", "PUT", "state/a?comp=lease", "", "x-ms-lease-action: release", "x-ms-lease-id: "+second)
	s.expect(t, 200, "", "PUT", "state/a?comp=lease", "", "x-ms-lease-action: change", "x-ms-lease-id: "+first, "x-ms-proposed-lease-id: "+second)
	s.expect(t, 200, "", "PUT", "state/a?comp=lease", "", "x-ms-lease-action: renew", "x-ms-lease-id: "+second)
	s.expect(t, 200, "", "PUT", "state/a?comp=lease", "", "x-ms-lease-action: release", "x-ms-lease-id: "+second)
	s.expect(t, 412, "LeaseNotPresentWithBlobOperation", "PUT", "state/a", "x", block, "x-ms-lease-id: "+second)
	acquire(201, "", first)
	s.expect(t, 202, "", "PUT", "state/a?comp=lease", "", "x-ms-lease-action: break")
	s.expect(t, 201, "", "PUT", "state/a", "x", block)
	acquire(201, "", second)
}

func TestBreakingALease(t *testing.T) {
	t.Parallel()
	const id = "x-ms-proposed-lease-id: 00000000-0000-0000-0000-000000000001"
	for name, test := range map[string]struct {
		duration, period string
		left             string
		state            string
	}{
		"for ever, at once":                  {"-1", "", "0", "broken"},
		"for ever, after a period":           {"-1", "60", "60", "breaking"},
		"with an end, at once":               {"60", "0", "0", "broken"},
		"with an end, when it ends":          {"60", "", "60", "breaking"},
		"with an end, a period is no longer": {"15", "60", "15", "breaking"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := time.Now()
			s := signIn(t, azuresimtest.StartWith(t, azuresim.Config{Announce: t.TempDir(), Now: func() time.Time { return now }})).store(t)
			s.expect(t, 201, "", "PUT", "state/a", "first", block)
			s.expect(t, 201, "", "PUT", "state/a?comp=lease", "", "x-ms-lease-action: acquire", id, "x-ms-lease-duration: "+test.duration)
			asked := []string{"x-ms-lease-action: break"}
			if test.period != "" {
				asked = append(asked, "x-ms-lease-break-period: "+test.period)
			}
			if h := s.expect(t, 202, "", "PUT", "state/a?comp=lease", "", asked...); h.Get("X-Ms-Lease-Time") != test.left {
				t.Errorf("breaks in %s seconds, not %s", h.Get("X-Ms-Lease-Time"), test.left)
			}
			if h := s.expect(t, 200, "", "HEAD", "state/a", ""); h.Get("X-Ms-Lease-State") != test.state {
				t.Errorf("the lease is %s, not %s", h.Get("X-Ms-Lease-State"), test.state)
			}
			if test.state == "breaking" {
				s.expect(t, 412, "LeaseIdMissing", "PUT", "state/a", "x", block)
				s.expect(t, 409, "LeaseIsBreakingAndCannotBeAcquired", "PUT", "state/a?comp=lease", "", "x-ms-lease-action: acquire", id, "x-ms-lease-duration: -1")
			}
		})
	}
}

func TestBlobsNeedARole(t *testing.T) {
	t.Parallel()
	s := start(t).store(t)
	client, object := s.federate(t)
	_, body := s.assertion(t, client, github, subject, exchange, "https://storage.azure.com/.default")
	ci := *s
	ci.token, _ = body["access_token"].(string)
	s.expect(t, 201, "", "PUT", "state/a", "x", block)
	ci.expect(t, 403, "AuthorizationPermissionMismatch", "GET", "state/a", "")
	s.assign(t, inGroup+"acc1", blobReader, object, "00000000-0000-0000-0000-00000000000a")
	ci.expect(t, 200, "", "GET", "state/a", "")
	ci.expect(t, 403, "AuthorizationPermissionMismatch", "PUT", "state/a", "x", block)
	s.assign(t, inGroup+"acc1/blobServices/default/containers/state", blobWriter, object, "00000000-0000-0000-0000-00000000000b")
	ci.expect(t, 201, "", "PUT", "state/a", "x", block)
	ci.token = s.cloud.token
	ci.expect(t, 401, "InvalidAuthenticationTokenAudience", "GET", "state/a", "")
	ci.expect(t, 403, "AuthenticationFailed", "GET", "state/a", "", "Authorization: SharedKey acc1:eHg=")
	s.must(t, "PATCH", inGroup+"acc1", `{"properties": {"allowSharedKeyAccess": false}}`)
	ci.expect(t, 403, "KeyBasedAuthenticationNotPermitted", "GET", "state/a", "", "Authorization: SharedKey acc1:eHg=")
}

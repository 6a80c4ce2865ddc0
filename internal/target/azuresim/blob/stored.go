package blob

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// properties are what is kept of a blob beside its content.
type properties struct {
	Name        string            `json:"name"`
	Snapshot    string            `json:"snapshot,omitempty"`
	ContentType string            `json:"contentType,omitempty"`
	Encoding    string            `json:"encoding,omitempty"`
	Language    string            `json:"language,omitempty"`
	Cache       string            `json:"cache,omitempty"`
	MD5         string            `json:"md5,omitempty"`
	Metadata    map[string]string `json:"metadata,omitempty"`
	Etag        string            `json:"etag"`
	Created     time.Time         `json:"created"`
	Modified    time.Time         `json:"modified"`
	Size        int               `json:"size"`
	Lease       *lease            `json:"lease,omitempty"`
}

// stored is a blob or a snapshot of one.
type stored struct {
	properties
	content []byte
}

// The names of a blob's records; a snapshot has its time after a line feed, which no name has.
func recordOf(prefix, name, snapshot string) string {
	if snapshot == "" {
		return prefix + name
	}
	return prefix + name + "\n" + snapshot
}

const (
	prefixProperties = "p/"
	prefixContent    = "c/"
)

// load returns a blob, nil when there is none.
func (k *call) load(snapshot string) (*stored, error) {
	owner := k.containerID().String()
	raw := k.c.Record(owner, recordOf(prefixProperties, k.name, snapshot))
	if raw == nil {
		return nil, nil //nolint:nilnil // no blob is an answer
	}
	var b stored
	if err := json.Unmarshal(raw, &b.properties); err != nil {
		return nil, err
	}
	b.content = k.c.Record(owner, recordOf(prefixContent, k.name, snapshot))
	return &b, nil
}

// must loads a blob that has to be there.
func (k *call) must(snapshot string) (*stored, error) {
	b, err := k.load(snapshot)
	if err == nil && b == nil {
		err = arm.NotFound("BlobNotFound", "The specified blob does not exist.")
	}
	return b, err
}

// save keeps a blob's properties, and its content when that is not nil.
func (k *call) save(p properties, content []byte) error {
	raw, err := json.Marshal(p)
	if err != nil {
		return err
	}
	owner := k.containerID().String()
	k.c.PutRecord(owner, recordOf(prefixProperties, p.Name, p.Snapshot), raw)
	if content != nil {
		k.c.PutRecord(owner, recordOf(prefixContent, p.Name, p.Snapshot), content)
	}
	return nil
}

// touch gives a changed blob its new etag and time.
func (k *call) touch(p *properties) {
	p.Etag, p.Modified = `"0x`+strings.ToUpper(k.c.NewHex(8))+`"`, k.c.Now()
	k.stamp(*p)
}

func (k *call) stamp(p properties) {
	k.head.Set("Etag", p.Etag)
	k.head.Set("Last-Modified", p.Modified.UTC().Format(http.TimeFormat))
	k.head.Set("X-Ms-Request-Server-Encrypted", "true")
}

// describe writes a blob's properties into the headers of an answer.
func (k *call) describe(p properties) {
	k.stamp(p)
	for name, value := range map[string]string{
		"Content-Type": p.ContentType, "Content-Encoding": p.Encoding, "Content-Language": p.Language, "Cache-Control": p.Cache, "Content-MD5": p.MD5,
	} {
		if value != "" {
			k.head.Set(name, value)
		}
	}
	k.head.Set("X-Ms-Blob-Type", "BlockBlob")
	k.head.Set("X-Ms-Creation-Time", p.Created.UTC().Format(http.TimeFormat))
	k.head.Set("X-Ms-Server-Encrypted", "true")
	k.head.Set("Accept-Ranges", "bytes")
	for name, value := range p.Metadata {
		k.head.Set("X-Ms-Meta-"+name, value)
	}
	p.Lease.describe(k.head, k.c.Now())
}

// serve writes the content, or the range of it that is asked for.
func (b *stored) serve(w http.ResponseWriter, r *http.Request) {
	if wanted := r.Header.Get("X-Ms-Range"); wanted != "" {
		r.Header.Set("Range", wanted)
	}
	if b.ContentType == "" {
		w.Header().Set("Content-Type", "application/octet-stream")
	}
	http.ServeContent(w, r, "", b.Modified, bytes.NewReader(b.content))
}

// metadataOf reads the metadata that a request sets.
func metadataOf(h http.Header) map[string]string {
	out := map[string]string{}
	for name, values := range h {
		if key, is := strings.CutPrefix(strings.ToLower(name), "x-ms-meta-"); is && len(values) > 0 {
			out[key] = values[0]
		}
	}
	return out
}

// checkConditions applies If-Match and If-None-Match of a write (RFC 9110 §13.1).
func checkConditions(h http.Header, b *stored) error {
	match, none := h.Get("If-Match"), h.Get("If-None-Match")
	switch {
	case none == "*" && b != nil:
		return arm.Conflict("BlobAlreadyExists", "The specified blob already exists.")
	case match == "*" && b == nil, match != "" && match != "*" && (b == nil || b.Etag != match), none != "" && b != nil && b.Etag == none:
		return arm.Errorf(http.StatusPreconditionFailed, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.")
	}
	return nil
}

package blob

import (
	"crypto/md5" //nolint:gosec // the digest that the protocol names, of integrity and not of security
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

func getBlob(k *call) (answer, error) {
	if err := k.inContainer("blobs/read", true); err != nil {
		return answer{}, err
	}
	b, err := k.must(k.URL.Query().Get("snapshot"))
	if err != nil {
		return answer{}, err
	}
	if err := b.Lease.readable(k.Header.Get("X-Ms-Lease-Id"), k.c.Now()); err != nil {
		return answer{}, err
	}
	k.describe(b.properties)
	return answer{content: b}, nil
}

func putBlob(k *call) (answer, error) {
	if err := k.inContainer("blobs/write", true); err != nil {
		return answer{}, err
	}
	if kind := k.Header.Get("X-Ms-Blob-Type"); kind != "BlockBlob" {
		return answer{}, arm.BadRequest("InvalidHeaderValue", "The simulated Blob storage keeps blobs of type BlockBlob, not '%s'.", kind)
	}
	old, err := k.writable()
	if err != nil {
		return answer{}, err
	}
	p := properties{Name: k.name, Created: k.c.Now(), Metadata: metadataOf(k.Header), Size: len(k.content)}
	p.setHeaders(k.Header)
	if p.ContentType == "" {
		p.ContentType = k.Header.Get("Content-Type")
	}
	if old != nil {
		p.Created, p.Lease = old.Created, old.Lease
	}
	sum := md5.Sum(k.content) //nolint:gosec // as above
	p.MD5 = base64.StdEncoding.EncodeToString(sum[:])
	if sent := k.Header.Get("Content-MD5"); sent != "" && sent != p.MD5 {
		return answer{}, arm.BadRequest("Md5Mismatch", "The MD5 value specified in the request did not match with the MD5 value calculated by the server.")
	}
	k.touch(&p)
	k.head.Set("Content-MD5", p.MD5)
	return answer{status: http.StatusCreated}, k.save(p, append([]byte{}, k.content...))
}

func (p *properties) setHeaders(h http.Header) {
	p.ContentType, p.Encoding = h.Get("X-Ms-Blob-Content-Type"), h.Get("X-Ms-Blob-Content-Encoding")
	p.Language, p.Cache = h.Get("X-Ms-Blob-Content-Language"), h.Get("X-Ms-Blob-Cache-Control")
}

// writable loads what a write replaces, nil when there is nothing, and checks conditions and the lease.
func (k *call) writable() (*stored, error) {
	old, err := k.load("")
	if err != nil {
		return nil, err
	}
	if err := checkConditions(k.Header, old); err != nil {
		return nil, err
	}
	var held *lease
	if old != nil {
		held = old.Lease
	}
	return old, held.writable(k.Header.Get("X-Ms-Lease-Id"), k.c.Now())
}

// changed loads a blob that has to be there and that this request may change.
func (k *call) changed(verb string) (*stored, error) {
	if err := k.inContainer(verb, true); err != nil {
		return nil, err
	}
	if _, err := k.must(""); err != nil {
		return nil, err
	}
	return k.writable()
}

func setMetadata(k *call) (answer, error) {
	b, err := k.changed("blobs/write")
	if err != nil {
		return answer{}, err
	}
	b.Metadata = metadataOf(k.Header)
	k.touch(&b.properties)
	return answer{status: http.StatusOK}, k.save(b.properties, nil)
}

func getMetadata(k *call) (answer, error) {
	if err := k.inContainer("blobs/read", true); err != nil {
		return answer{}, err
	}
	b, err := k.must(k.URL.Query().Get("snapshot"))
	if err != nil {
		return answer{}, err
	}
	k.stamp(b.properties)
	for name, value := range b.Metadata {
		k.head.Set("X-Ms-Meta-"+name, value)
	}
	return answer{status: http.StatusOK}, nil
}

func setProperties(k *call) (answer, error) {
	b, err := k.changed("blobs/write")
	if err != nil {
		return answer{}, err
	}
	b.setHeaders(k.Header)
	k.touch(&b.properties)
	return answer{status: http.StatusOK}, k.save(b.properties, nil)
}

func deleteBlob(k *call) (answer, error) {
	owner, snapshot := k.containerID().String(), k.URL.Query().Get("snapshot")
	if snapshot != "" {
		if err := k.inContainer("blobs/delete", true); err != nil {
			return answer{}, err
		}
		if _, err := k.must(snapshot); err != nil {
			return answer{}, err
		}
		k.drop(owner, snapshot)
		return answer{status: http.StatusAccepted}, nil
	}
	if _, err := k.changed("blobs/delete"); err != nil {
		return answer{}, err
	}
	snapshots := k.c.Records(owner, recordOf(prefixProperties, k.name, "")+"\n")
	how := k.Header.Get("X-Ms-Delete-Snapshots")
	if len(snapshots) > 0 && how == "" {
		return answer{}, arm.Conflict("SnapshotsPresent", "This operation is not permitted while the blob has snapshots.")
	}
	for _, name := range snapshots {
		k.drop(owner, name[strings.LastIndex(name, "\n")+1:])
	}
	if how != "only" {
		k.drop(owner, "")
	}
	return answer{status: http.StatusAccepted}, nil
}

func (k *call) drop(owner, snapshot string) {
	k.c.DeleteRecord(owner, recordOf(prefixProperties, k.name, snapshot))
	k.c.DeleteRecord(owner, recordOf(prefixContent, k.name, snapshot))
}

func snapshotBlob(k *call) (answer, error) {
	if err := k.inContainer("blobs/write", true); err != nil {
		return answer{}, err
	}
	b, err := k.must("")
	if err != nil {
		return answer{}, err
	}
	if err := b.Lease.readable(k.Header.Get("X-Ms-Lease-Id"), k.c.Now()); err != nil {
		return answer{}, err
	}
	p := b.properties
	p.Lease, p.Snapshot = nil, k.c.Now().Format("2006-01-02T15:04:05.0000000Z")
	if own := metadataOf(k.Header); len(own) > 0 {
		p.Metadata = own
	}
	k.stamp(p)
	k.head.Set("X-Ms-Snapshot", p.Snapshot)
	return answer{status: http.StatusCreated}, k.save(p, append([]byte{}, b.content...))
}

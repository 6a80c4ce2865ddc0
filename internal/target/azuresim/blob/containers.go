package blob

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// pageSize is how many entries one page of a list has at most.
const pageSize = 5000

func createContainer(k *call) (answer, error) {
	if err := k.allow("write", false); err != nil {
		return answer{}, err
	}
	if how := k.Header.Get("X-Ms-Blob-Public-Access"); how != "" {
		return answer{}, arm.Conflict("PublicAccessNotPermitted", "Public access (%s) is not permitted: the simulated Blob storage answers nobody without a token or a key.", how)
	}
	id := k.containerID()
	if k.c.Get(id.String()) != nil {
		return answer{}, arm.Conflict("ContainerAlreadyExists", "The specified container already exists.")
	}
	k.c.Make(id.Parent(), "containers", k.container, arm.Object{"properties": arm.Object{
		"publicAccess": "None", "leaseState": "Available", "leaseStatus": "Unlocked", "hasImmutabilityPolicy": false, "hasLegalHold": false,
		"lastModifiedTime": k.c.Now().Format(time.RFC3339), "metadata": metadataOf(k.Header),
	}})
	k.stampContainer()
	return answer{status: http.StatusCreated}, nil
}

func showContainer(k *call) (answer, error) {
	if err := k.inContainer("read", false); err != nil {
		return answer{}, err
	}
	k.stampContainer()
	k.head.Set("X-Ms-Lease-Status", "unlocked")
	k.head.Set("X-Ms-Lease-State", "available")
	return answer{status: http.StatusOK}, nil
}

func (k *call) stampContainer() {
	r := k.c.Get(k.containerID().String())
	k.head.Set("Etag", `"`+r.Etag+`"`)
	k.head.Set("Last-Modified", r.ChangedAt.UTC().Format(http.TimeFormat))
}

func deleteContainer(k *call) (answer, error) {
	if err := k.inContainer("delete", false); err != nil {
		return answer{}, err
	}
	k.c.Remove(k.containerID().String())
	return answer{status: http.StatusAccepted}, nil
}

type listedContainer struct {
	Name       string
	Properties struct {
		LastModified string `xml:"Last-Modified"`
		Etag         string
		LeaseStatus  string
		LeaseState   string
	}
}

func listContainers(k *call) (answer, error) {
	if err := k.allow("read", false); err != nil {
		return answer{}, err
	}
	prefix := k.URL.Query().Get("prefix")
	out := struct {
		XMLName    xml.Name          `xml:"EnumerationResults"`
		Prefix     string            `xml:"Prefix,omitempty"`
		Containers []listedContainer `xml:"Containers>Container"`
		NextMarker string
	}{Prefix: prefix}
	for _, r := range k.c.Under(k.account.ID.String(), typeAccount+"/blobServices/containers") {
		if !strings.HasPrefix(r.Name(), prefix) {
			continue
		}
		one := listedContainer{Name: r.Name()}
		one.Properties.LastModified, one.Properties.Etag = r.ChangedAt.UTC().Format(http.TimeFormat), r.Etag
		one.Properties.LeaseStatus, one.Properties.LeaseState = "unlocked", "available"
		out.Containers = append(out.Containers, one)
	}
	return answer{status: http.StatusOK, xml: out}, nil
}

type listedBlob struct {
	XMLName    xml.Name `xml:"Blob"`
	Name       string
	Snapshot   string `xml:",omitempty"`
	Properties struct {
		CreationTime  string `xml:"Creation-Time"`
		LastModified  string `xml:"Last-Modified"`
		Etag          string
		ContentLength int    `xml:"Content-Length"`
		ContentType   string `xml:"Content-Type"`
		ContentMD5    string `xml:"Content-MD5"`
		BlobType      string
		LeaseStatus   string
		LeaseState    string
	}
	Metadata *listedMetadata
}

type listedMetadata struct{ pairs map[string]string }

// MarshalXML writes each pair as an element of its own name.
func (m listedMetadata) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	if err := e.EncodeToken(start); err != nil {
		return err
	}
	for name, value := range m.pairs {
		if err := e.EncodeElement(value, xml.StartElement{Name: xml.Name{Local: name}}); err != nil {
			return err
		}
	}
	return e.EncodeToken(start.End())
}

type listedPrefix struct {
	XMLName xml.Name `xml:"BlobPrefix"`
	Name    string
}

type listing struct {
	XMLName       xml.Name `xml:"EnumerationResults"`
	ContainerName string   `xml:"ContainerName,attr"`
	Prefix        string   `xml:"Prefix,omitempty"`
	Delimiter     string   `xml:"Delimiter,omitempty"`
	Blobs         struct{ Items []any }
	NextMarker    string
}

func listBlobs(k *call) (answer, error) {
	if err := k.inContainer("blobs/read", true); err != nil {
		return answer{}, err
	}
	q := k.URL.Query()
	size := pageSize
	if n, err := strconv.Atoi(q.Get("maxresults")); err == nil && n > 0 && n < size {
		size = n
	}
	out := listing{ContainerName: k.container, Prefix: q.Get("prefix"), Delimiter: q.Get("delimiter")}
	folders := map[string]bool{}
	for _, record := range k.c.Records(k.containerID().String(), prefixProperties+out.Prefix) {
		name, snapshot, _ := strings.Cut(strings.TrimPrefix(record, prefixProperties), "\n")
		if name < q.Get("marker") || snapshot != "" && !strings.Contains(q.Get("include"), "snapshots") {
			continue
		}
		if len(out.Blobs.Items) == size {
			out.NextMarker = name
			break
		}
		if folder, inside := folderOf(name, out.Prefix, out.Delimiter); inside {
			if !folders[folder] {
				folders[folder] = true
				out.Blobs.Items = append(out.Blobs.Items, listedPrefix{Name: folder})
			}
			continue
		}
		var p properties
		if err := json.Unmarshal(k.c.Record(k.containerID().String(), record), &p); err != nil {
			return answer{}, err
		}
		out.Blobs.Items = append(out.Blobs.Items, k.listed(p, strings.Contains(q.Get("include"), "metadata")))
	}
	return answer{status: http.StatusOK, xml: out}, nil
}

// folderOf is the part of a name up to the first delimiter after the prefix.
func folderOf(name, prefix, delimiter string) (string, bool) {
	rest, inside := strings.CutPrefix(name, prefix)
	if delimiter == "" || !inside {
		return "", false
	}
	at := strings.Index(rest, delimiter)
	if at < 0 {
		return "", false
	}
	return name[:len(prefix)+at+len(delimiter)], true
}

func (k *call) listed(p properties, metadata bool) listedBlob {
	one := listedBlob{Name: p.Name, Snapshot: p.Snapshot}
	to := &one.Properties
	to.CreationTime, to.LastModified = p.Created.UTC().Format(http.TimeFormat), p.Modified.UTC().Format(http.TimeFormat)
	to.Etag, to.ContentLength, to.ContentType, to.ContentMD5, to.BlobType = strings.Trim(p.Etag, `"`), p.Size, p.ContentType, p.MD5, "BlockBlob"
	h := http.Header{}
	p.Lease.describe(h, k.c.Now())
	to.LeaseStatus, to.LeaseState = h.Get("X-Ms-Lease-Status"), h.Get("X-Ms-Lease-State")
	if metadata {
		one.Metadata = &listedMetadata{p.Metadata}
	}
	return one
}

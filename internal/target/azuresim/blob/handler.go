package blob

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"unicode"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	// version is the version of the service's API that answers.
	version = "2023-11-03"
	// maxBlob bounds one upload, in bytes.
	maxBlob = 64 << 20
	maxName = 1024

	typeAccount = "Microsoft.Storage/storageAccounts"
)

// Handler answers the requests to all accounts' blob hosts.
type Handler struct{ engine *arm.Engine }

// New returns the data plane over an engine.
func New(e *arm.Engine) *Handler { return &Handler{e} }

// request is one request, read: whose it is and what it names.
type request struct {
	*http.Request
	caller                   arm.Caller
	byKey                    bool
	account, container, name string
	restype, comp            string
}

// answer is what a request ends with: headers are set already.
type answer struct {
	status int
	xml    any
	// content is served with ranges when it is not nil.
	content *stored
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("X-Ms-Version", version)
	head.Set("X-Ms-Request-Id", arm.NewUUID())
	if id := r.Header.Get("X-Ms-Client-Request-Id"); id != "" {
		head.Set("X-Ms-Client-Request-Id", id)
	}
	if h.engine.Intercept(w, r) {
		return
	}
	req, err := h.read(r)
	var a answer
	if err == nil {
		a, err = h.route(r.Context(), w, req)
	}
	switch {
	case err != nil:
		refuse(w, r, err)
	case a.content != nil:
		a.content.serve(w, r)
	case a.xml != nil:
		writeXML(w, a.status, a.xml)
	default:
		w.WriteHeader(a.status)
	}
}

// read finds the account, the names and the caller.
func (h *Handler) read(r *http.Request) (*request, error) {
	account, _, _ := strings.Cut(r.Host, ".")
	query := r.URL.Query()
	req := &request{Request: r, account: account, restype: query.Get("restype"), comp: query.Get("comp")}
	req.container, req.name, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if strings.ContainsFunc(req.name, unicode.IsControl) || len(req.name) > maxName {
		return nil, arm.BadRequest("InvalidResourceName", "The name of the blob contains characters that are not allowed, or is longer than %d bytes.", maxName)
	}
	known := h.find(account)
	if known == nil {
		return nil, arm.NotFound("ResourceNotFound", "The storage account '%s' does not exist.", account)
	}
	if sent := r.Header.Get("Authorization"); strings.HasPrefix(sent, "SharedKey ") {
		return req, checkKey(req, known, sent)
	}
	caller, err := h.engine.Authenticate(r)
	if err != nil {
		return nil, err
	}
	req.caller = caller
	return req, nil
}

// find returns the account with a name, nil when there is none.
func (h *Handler) find(name string) (found *arm.Resource) {
	_ = h.engine.Read(arm.Caller{Owner: true}, func(c *arm.Context) error { // fn returns no error
		found = accountOf(c, name)
		return nil
	})
	return found
}

func accountOf(c *arm.Context, name string) *arm.Resource {
	for _, r := range c.Under("", typeAccount) {
		if strings.EqualFold(r.Name(), name) {
			return r
		}
	}
	return nil
}

// route runs what a request asks for, in one transaction.
func (h *Handler) route(ctx context.Context, w http.ResponseWriter, r *request) (a answer, err error) {
	run := r.operation()
	if run == nil {
		return a, arm.BadRequest("UnsupportedOperation", "The simulated Blob storage has no %s with restype '%s' and comp '%s' of this kind.", r.Method, r.restype, r.comp)
	}
	// A client that is slow to send holds up itself, and not the transactions of others.
	content, err := r.content()
	if err != nil {
		return a, err
	}
	do := func(c *arm.Context) error {
		a, err = run(&call{request: r, content: content, c: c, head: w.Header(), account: accountOf(c, r.account)})
		return err
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return a, h.engine.Read(r.caller, do)
	}
	return a, h.engine.Write(ctx, r.caller, do)
}

// content reads what a request sends. Of the operations, only the upload of a blob has a body.
func (r *request) content() ([]byte, error) {
	if r.Method != http.MethodPut || r.comp != "" || r.name == "" {
		return nil, nil
	}
	content, err := io.ReadAll(io.LimitReader(r.Body, maxBlob+1))
	if err != nil {
		return nil, arm.BadRequest("RequestBodyInvalid", "The request body could not be read: %v.", err)
	}
	if len(content) > maxBlob {
		return nil, arm.Errorf(http.StatusRequestEntityTooLarge, "RequestBodyTooLarge", "The request body is larger than %d bytes.", maxBlob)
	}
	return content, nil
}

// operation is what a request asks for, nil when there is none.
func (r *request) operation() func(*call) (answer, error) {
	key := r.Method + " " + r.comp
	switch {
	case r.container == "":
		if key == "GET list" {
			return listContainers
		}
		return nil
	case r.name == "":
		return containerOperation(key, r.restype)
	}
	return map[string]func(*call) (answer, error){
		"PUT ": putBlob, "GET ": getBlob, "HEAD ": getBlob, "DELETE ": deleteBlob,
		"PUT metadata": setMetadata, "GET metadata": getMetadata, "HEAD metadata": getMetadata, "PUT properties": setProperties,
		"PUT lease": leaseBlob, "PUT snapshot": snapshotBlob,
	}[key]
}

func containerOperation(key, restype string) func(*call) (answer, error) {
	if restype != "container" {
		return nil
	}
	return map[string]func(*call) (answer, error){
		"PUT ": createContainer, "GET ": showContainer, "HEAD ": showContainer, "DELETE ": deleteContainer, "GET list": listBlobs,
	}[key]
}

// call is a request within its transaction.
type call struct {
	*request
	// content is what an upload sends.
	content []byte
	c       *arm.Context
	head    http.Header
	account *arm.Resource
}

// containerID is the resource whose records the blobs are.
func (k *call) containerID() arm.ID {
	return k.account.ID.Child("blobServices", "default").Child("containers", k.container)
}

// allow refuses what the caller's roles do not grant on the container; who has the account's key may do all.
func (k *call) allow(verb string, data bool) error {
	if k.byKey {
		return nil
	}
	action := typeAccount + "/blobServices/containers/" + verb
	if err := k.c.Authorize(action, data, k.containerID().String()); err != nil {
		return arm.Errorf(http.StatusForbidden, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission (%s).", action)
	}
	return nil
}

// inContainer checks the right and that the container is there.
func (k *call) inContainer(verb string, data bool) error {
	if err := k.allow(verb, data); err != nil {
		return err
	}
	if k.c.Get(k.containerID().String()) == nil {
		return arm.NotFound("ContainerNotFound", "The specified container does not exist.")
	}
	return nil
}

// refuse writes an error as Blob storage does.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	known, is := errors.AsType[*arm.Error](err)
	if !is {
		known = arm.Errorf(http.StatusInternalServerError, "InternalError", "%v", err)
	}
	if known.Status == http.StatusUnauthorized {
		w.Header().Set("Www-Authenticate", `Bearer authorization_uri=`+known.Target+`/oauth2/authorize resource_id=https://storage.azure.com`)
	}
	w.Header().Set("X-Ms-Error-Code", known.Code)
	if r.Method == http.MethodHead {
		w.WriteHeader(known.Status)
		return
	}
	writeXML(w, known.Status, struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: known.Code, Message: known.Message})
}

func writeXML(w http.ResponseWriter, status int, v any) {
	raw, err := xml.Marshal(v)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = w.Write(append([]byte(xml.Header), raw...)) // a client that has gone needs no answer
}

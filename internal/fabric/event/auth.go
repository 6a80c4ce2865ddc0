package event

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"
	"sync"

	"github.com/nats-io/nats-server/v2/server"
)

// internalUser is the name of this process; a topic's name never has a slash.
const internalUser = "terrace/"

// authenticator tells the NATS server who may connect and what they may do.
type authenticator struct {
	internal string

	mu     sync.RWMutex
	grants map[string]grant
}

// grant is what a topic's credentials open: an account of its own, and in it
// only what belongs to the topic.
type grant struct {
	hash        string
	subject     string
	account     *server.Account
	permissions *server.Permissions
}

// Check implements server.Authentication.
func (a *authenticator) Check(c server.ClientAuthentication) bool {
	opts := c.GetOpts()
	if account, ok := strings.CutPrefix(opts.Username, internalUser); ok {
		return a.checkInternal(c, account, opts.Password)
	}
	a.mu.RLock()
	g, ok := a.grants[opts.Username]
	a.mu.RUnlock()
	if !ok || !verifyPassword(g.hash, opts.Password) {
		return false
	}
	c.RegisterUser(&server.User{Username: opts.Username, Account: g.account, Permissions: g.permissions})
	return true
}

func (a *authenticator) checkInternal(c server.ClientAuthentication, account, password string) bool {
	if subtle.ConstantTimeCompare([]byte(password), []byte(a.internal)) != 1 {
		return false
	}
	a.mu.RLock()
	g, ok := a.grants[account]
	a.mu.RUnlock()
	if ok {
		c.RegisterUser(&server.User{Username: "terrace", Account: g.account})
	}
	return ok
}

// set replaces a user's grant, and reports whether clients of the one before
// must not stay.
func (a *authenticator) set(username string, g grant) (outdated bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	before, ok := a.grants[username]
	if a.grants == nil {
		a.grants = map[string]grant{}
	}
	a.grants[username] = g
	return ok && (before.hash != g.hash || before.subject != g.subject)
}

func (a *authenticator) remove(username string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.grants, username)
}

// permissions lets a client use one subject and what lies under it, read its
// stream, and receive replies; nothing else.
func permissions(subject, stream string) *server.Permissions {
	own := []string{subject, subject + ".>", "_INBOX.>"}
	api := []string{"$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST", "$JS.ACK.>", "$JS.FC.>"}
	for _, call := range []string{
		"STREAM.INFO.%", "STREAM.MSG.GET.%", "DIRECT.GET.%", "DIRECT.GET.%.>", "CONSUMER.NAMES.%", "CONSUMER.LIST.%",
		"CONSUMER.CREATE.%", "CONSUMER.CREATE.%.>", "CONSUMER.DURABLE.CREATE.%.*", "CONSUMER.INFO.%.*",
		"CONSUMER.DELETE.%.*", "CONSUMER.MSG.NEXT.%.*",
	} {
		api = append(api, "$JS.API."+strings.Replace(call, "%", stream, 1))
	}
	return &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: append(api, own...)},
		Subscribe: &server.SubjectPermission{Allow: own},
	}
}

// hashPassword returns salt and digest. Topic passwords are long and random,
// so a fast digest is enough.
func hashPassword(password string) string {
	salt := rand.Text()
	return salt + "$" + digest(salt, password)
}

func verifyPassword(hash, password string) bool {
	salt, want, ok := strings.Cut(hash, "$")
	return ok && subtle.ConstantTimeCompare([]byte(digest(salt, password)), []byte(want)) == 1
}

func digest(salt, password string) string {
	sum := sha256.Sum256([]byte(salt + "$" + password))
	return hex.EncodeToString(sum[:])
}

func (a *authenticator) has(username string) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	_, ok := a.grants[username]
	return ok
}

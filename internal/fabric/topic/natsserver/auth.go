package natsserver

import (
	"crypto/subtle"
	"strings"
	"sync"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
)

// internalUser is the name of this process; a user's name never has a slash.
const internalUser = "terrace/"

// User is a program that may enter an account.
type User struct {
	Name    string
	Account string
	// PasswordHash is what broker.HashPassword returned.
	PasswordHash string
	// Subject and Stream are the topic's: the user reaches these and nothing else.
	Subject, Stream string
	Publish         bool
	Consume         bool
}

// authenticator tells the NATS server who may connect and what they may do.
type authenticator struct {
	internal string

	mu       sync.RWMutex
	accounts map[string]*server.Account
	users    map[string]User
}

// Check implements server.Authentication.
func (a *authenticator) Check(c server.ClientAuthentication) bool {
	opts := c.GetOpts()
	if account, ok := strings.CutPrefix(opts.Username, internalUser); ok {
		return a.checkInternal(c, account, opts.Password)
	}
	a.mu.RLock()
	u, ok := a.users[opts.Username]
	account := a.accounts[u.Account]
	a.mu.RUnlock()
	if !ok || account == nil || !broker.VerifyPassword(u.PasswordHash, opts.Password) {
		return false
	}
	c.RegisterUser(&server.User{Username: u.Name, Account: account, Permissions: permissions(u)})
	return true
}

func (a *authenticator) checkInternal(c server.ClientAuthentication, name, password string) bool {
	if subtle.ConstantTimeCompare([]byte(password), []byte(a.internal)) != 1 {
		return false
	}
	a.mu.RLock()
	account, ok := a.accounts[name]
	a.mu.RUnlock()
	if ok {
		c.RegisterUser(&server.User{Username: "terrace", Account: account})
	}
	return ok
}

// allow replaces a user. It returns the one before, and whether its clients must not
// stay.
func (a *authenticator) allow(u User) (before User, outdated bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	before, ok := a.users[u.Name]
	a.users[u.Name] = u
	return before, ok && before != u
}

// forbid forgets a user.
func (a *authenticator) forbid(name string) (User, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	u, ok := a.users[name]
	delete(a.users, name)
	return u, ok
}

func (a *authenticator) open(name string, account *server.Account) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.accounts[name] = account
}

// close forgets an account with its users.
func (a *authenticator) close(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.accounts, name)
	for user, u := range a.users {
		if u.Account == name {
			delete(a.users, user)
		}
	}
}

func (a *authenticator) has(account string) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	_, ok := a.accounts[account]
	return ok
}

// permissions lets a user use one subject and what lies under it, read its stream,
// and receive replies; nothing else.
func permissions(u User) *server.Permissions {
	own := []string{u.Subject, u.Subject + ".>"}
	publish := []string{"$JS.API.INFO"}
	subscribe := []string{"_INBOX.>"}
	if u.Publish {
		publish = append(publish, own...)
	}
	if u.Consume {
		publish = append(publish, consumption(u.Stream)...)
		subscribe = append(subscribe, own...)
	}
	if u.Publish && u.Consume { // requests and replies between the programs of one topic
		publish = append(publish, "_INBOX.>")
	}
	return &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: publish},
		Subscribe: &server.SubjectPermission{Allow: subscribe},
	}
}

// consumption are the calls of a client that reads a stream and has consumers in it.
func consumption(stream string) []string {
	all := []string{"$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST", "$JS.ACK.>", "$JS.FC.>"}
	for _, call := range []string{
		"STREAM.INFO.%", "STREAM.MSG.GET.%", "DIRECT.GET.%", "DIRECT.GET.%.>", "CONSUMER.NAMES.%", "CONSUMER.LIST.%",
		"CONSUMER.CREATE.%", "CONSUMER.CREATE.%.>", "CONSUMER.DURABLE.CREATE.%.*", "CONSUMER.INFO.%.*",
		"CONSUMER.DELETE.%.*", "CONSUMER.MSG.NEXT.%.*",
	} {
		all = append(all, "$JS.API."+strings.Replace(call, "%", stream, 1))
	}
	return all
}

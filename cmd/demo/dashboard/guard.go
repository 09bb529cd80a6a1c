// Who may ask for what: the host that is asked for, where an order comes from, the token.

package dashboard

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"strings"
)

// tokenHeader carries the token. A page of somebody else cannot set it.
const tokenHeader = "Kith-Token"

const wantToken = "want the token in the header " + tokenHeader + ": it is in the address that was shown at the start, after #token="

// policy lets the page use what comes with it and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// NewToken returns a token that nobody can guess.
func NewToken() string { return rand.Text() }

// known reports whether one of those given is the token. Without one nobody is known.
func (h *handler) known(given ...string) bool {
	for _, g := range given {
		if h.Token != "" && subtle.ConstantTimeCompare([]byte(g), []byte(h.Token)) == 1 {
			return true
		}
	}
	return false
}

// guard sets the headers of every answer, and refuses what another page has sent.
func (h *handler) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusForbidden, "the request comes from another page, want one of this")
	}))
	next = cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		if h.Local && !localHost(r.Host) {
			// A name of somebody else that leads here: his page would be taken for this one.
			refuse(w, http.StatusMisdirectedRequest, fmt.Sprintf("host is %q, want localhost or an address of this machine", clip(r.Host)))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// localHost reports whether a host, with or without a port, is this machine.
func localHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

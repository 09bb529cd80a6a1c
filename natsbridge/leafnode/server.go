// What a server says of itself, and what it permits.

package leafnode

import (
	"encoding/json"
	"strings"
)

// Server is what the server said of itself when the connection began.
type Server struct {
	ID, Name, Version string
	Cluster           string // of servers, empty when the server does not say
	Account           string // the one that we are attached to
	MaxPayload        int    // in bytes, headers included
	Headers           bool   // whether messages may have headers
	// Export limits the subjects on which we may send to the server, and Import
	// those to which we may subscribe there.
	Export, Import Permissions
}

// Permissions are patterns of subjects. Everything is permitted that is not denied
// and, if there is a list of what is allowed, is on it.
type Permissions struct {
	Allow []string `json:"allow"`
	Deny  []string `json:"deny"`
}

// info is an INFO, as far as it matters here.
type info struct {
	ID          string       `json:"server_id"`
	Name        string       `json:"server_name"`
	Version     string       `json:"version"`
	Cluster     string       `json:"cluster"`
	Headers     bool         `json:"headers"`
	MaxPayload  int          `json:"max_payload"`
	TLSRequired bool         `json:"tls_required"`
	Nonce       string       `json:"nonce"`
	Account     string       `json:"remote_account"`
	ConnectInfo bool         `json:"connect_info"` // the answer to CONNECT
	Import      *Permissions `json:"import"`
	Export      *Permissions `json:"export"`
}

// parseInfo reads the JSON of an INFO.
func parseInfo(text []byte) (info, error) {
	var in info
	if err := json.Unmarshal(text, &in); err != nil {
		return info{}, unexpected(text, "INFO with JSON ("+err.Error()+")")
	}
	if in.MaxPayload < 0 {
		return info{}, unexpected(text, "INFO with a max_payload of 0 or more")
	}
	if in.MaxPayload == 0 {
		in.MaxPayload = firstMaxPayload
	}
	return in, nil
}

// server returns what is handed on of an INFO.
func (in *info) server() Server {
	s := Server{
		ID:         in.ID,
		Name:       in.Name,
		Version:    in.Version,
		Cluster:    in.Cluster,
		Account:    in.Account,
		MaxPayload: in.MaxPayload,
		Headers:    in.Headers,
	}
	if in.Export != nil {
		s.Export = *in.Export
	}
	if in.Import != nil {
		s.Import = *in.Import
	}
	return s
}

// Permits reports whether the subject, without wildcards, is permitted.
func (p *Permissions) Permits(subject string) bool { return permits(p, subject) }

func permits[T text](p *Permissions, subject T) bool {
	return (p.Allow == nil || anyCovers(p.Allow, subject)) && !anyCovers(p.Deny, subject)
}

func anyCovers[T text](patterns []string, subject T) bool {
	for _, pattern := range patterns {
		if covers(pattern, subject) {
			return true
		}
	}
	return false
}

// maySend reports whether the server takes a message on the subject. It always
// takes answers to services of other accounts and acknowledgments of JetStream.
func (s *Server) maySend(subject []byte) bool {
	if s.Export.Allow == nil && s.Export.Deny == nil {
		return true
	}
	return permits(&s.Export, subject) || hasPrefix(subject, "_R_.") || hasPrefix(subject, "$JS.ACK.")
}

// maySubscribe reports whether the server takes a subscription to the pattern. It
// takes every one with wildcards, and sends what is permitted of it; so one of
// which nothing can be permitted is not worth sending.
func (s *Server) maySubscribe(pattern string) bool {
	for _, internal := range []string{"$LDS.", "_GR_.", "$GR."} {
		if strings.HasPrefix(pattern, internal) {
			return true
		}
	}
	if anyCovers(s.Import.Deny, pattern) {
		return false
	}
	if s.Import.Allow == nil {
		return true
	}
	if isLiteral(pattern) {
		return anyCovers(s.Import.Allow, pattern)
	}
	for _, allowed := range s.Import.Allow {
		if overlap(allowed, pattern) {
			return true
		}
	}
	return false
}

func hasPrefix(subject []byte, prefix string) bool {
	return len(subject) > len(prefix) && string(subject[:len(prefix)]) == prefix
}

// The CONNECT that says who we are, and the credentials in it.

package leafnode

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"

	"github.com/nats-io/nkeys"
)

const (
	// speaks is the version of nats-server whose protocol this is; a server may
	// refuse older ones.
	speaks = "2.15.2"
	// protocol says that messages which ask to be traced may be sent as well: they
	// are handed on with all their headers.
	protocol = 1
)

// connectInfo is the JSON of a CONNECT. A compression mode is never given, so that
// nothing is compressed.
type connectInfo struct {
	Version  string `json:"version"`
	Nkey     string `json:"nkey,omitempty"`
	JWT      string `json:"jwt,omitempty"`
	Sig      string `json:"sig,omitempty"`
	User     string `json:"user,omitempty"`
	Pass     string `json:"pass,omitempty"`
	Token    string `json:"auth_token,omitempty"`
	ID       string `json:"server_id"`
	Name     string `json:"name"`
	Cluster  string `json:"cluster"`
	Headers  bool   `json:"headers"`
	Protocol int    `json:"protocol"`
	// Account makes the server end an old connection of the same name and cluster
	// from the same account, which is here one that belongs to this Conn alone.
	Account string `json:"remote_account"`
}

// connectJSON makes a CONNECT for a server that gave the nonce.
func (c *Conn) connectJSON(nonce string) ([]byte, error) {
	who := connectInfo{
		Version:  speaks,
		User:     c.target.user,
		Pass:     c.target.password,
		Token:    c.target.token,
		ID:       c.id,
		Name:     c.cfg.Name,
		Cluster:  c.cfg.Cluster,
		Headers:  true,
		Protocol: protocol,
		Account:  c.id,
	}
	var err error
	switch {
	case c.cfg.Credentials != "":
		err = who.signJWT(c.cfg.Credentials, nonce)
	case c.cfg.NkeySeed != "":
		err = who.signNkey(c.cfg.NkeySeed, nonce)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(&who)
}

// signJWT reads a file of credentials and signs the nonce.
func (who *connectInfo) signJWT(path, nonce string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCredentials, err)
	}
	defer clear(text)
	if who.JWT, err = nkeys.ParseDecoratedJWT(text); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrCredentials, path, err)
	}
	_, err = who.sign(path, text, nonce)
	return err
}

// signNkey reads a file with a seed and signs the nonce.
func (who *connectInfo) signNkey(path, nonce string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCredentials, err)
	}
	defer clear(text)
	who.Nkey, err = who.sign(path, text, nonce)
	return err
}

// sign signs the nonce with the seed in text and returns the public key.
func (who *connectInfo) sign(path string, text []byte, nonce string) (string, error) {
	if nonce == "" {
		return "", fmt.Errorf("%w: the server gave no nonce", ErrCredentials)
	}
	pair, err := nkeys.ParseDecoratedNKey(text)
	if err != nil {
		return "", fmt.Errorf("%w: %s: %w", ErrCredentials, path, err)
	}
	defer pair.Wipe()
	sig, err := pair.Sign([]byte(nonce))
	if err != nil {
		return "", fmt.Errorf("%w: %s: %w", ErrCredentials, path, err)
	}
	who.Sig = base64.RawURLEncoding.EncodeToString(sig)
	public, err := pair.PublicKey()
	if err != nil {
		return "", fmt.Errorf("%w: %s: %w", ErrCredentials, path, err)
	}
	return public, nil
}

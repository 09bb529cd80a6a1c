// The words by which two sides of a link agree that it is up.

package linker

import (
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go"
)

// word says what a [hello] is.
type word string

// The words. Unknown ones are ignored, as a newer version may say more.
const (
	wordHello   word = "hello"   // are you there, and do you want this link?
	wordWelcome word = "welcome" // yes
	wordRefuse  word = "refuse"  // no, Why says why
)

// Why a hello was refused.
const (
	whyUnwanted    = "unwanted"
	whyIncarnation = "incarnation"
)

// hello is what the two sides of a link say to each other about it. It is JSON,
// so that `nats sub 'kith.*.link.>'` shows an operator what goes on.
type hello struct {
	Version int  `json:"v"`
	Word    word `json:"word"`
	// From and To are the incarnations of the sender and, as the sender knows
	// it, of the receiver.
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
	// Seq is the number of the hello, repeated in its answer.
	Seq uint64 `json:"seq"`
	Why string `json:"why,omitempty"`
}

const (
	helloVersion = 1
	// maxHello is far above what a hello takes; a longer one is not read.
	maxHello = 512
)

// encode returns h as it travels. Numbers and plain strings always have a JSON
// form, so there is no error to report.
func (h hello) encode() []byte {
	h.Version = helloVersion
	data, _ := json.Marshal(h)
	return data
}

func decodeHello(data []byte) (hello, error) {
	var h hello
	if len(data) > maxHello {
		return h, fmt.Errorf("linker: hello of %d bytes, want at most %d", len(data), maxHello)
	}
	if err := json.Unmarshal(data, &h); err != nil {
		return h, fmt.Errorf("linker: malformed hello: %w", err)
	}
	if h.Version != helloVersion {
		return h, fmt.Errorf("linker: hello of version %d, want %d", h.Version, helloVersion)
	}
	return h, nil
}

// refusal is the error that a refused hello stands for.
func (h *hello) refusal() error {
	if h.Why == whyIncarnation {
		return ErrIncarnation
	}
	return ErrUnwanted
}

// The status by which a NATS server answers a request that nobody listens to.
const (
	statusHeader = "Status"
	noResponders = "503"
)

// nobody reports whether m is the server's word that nobody listens.
func nobody(m *nats.Msg) bool {
	return len(m.Data) == 0 && m.Header.Get(statusHeader) == noResponders
}

// answerNobody tells whoever sent a request what a server would say if nobody
// listened, so that it need not wait for its deadline.
func answerNobody(m *nats.Msg) error {
	if m.Reply == "" {
		return nil
	}
	err := m.RespondMsg(&nats.Msg{Header: nats.Header{statusHeader: {noResponders}}})
	if err != nil {
		return fmt.Errorf("linker: answering %s: %w", m.Subject, err)
	}
	return nil
}

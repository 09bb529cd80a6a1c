// The channel of a link: order, parts, water marks, and peers that do not read.

package tcptransport_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/kithmesh/kith/membership"
	"github.com/kithmesh/kith/tcptransport"
	"github.com/kithmesh/kith/views"
	"github.com/kithmesh/kith/wire"
)

// listener is a node that takes frames of the channel.
type listener struct {
	*node
	frames  chan tcptransport.Frame
	drained chan uint64
	shut    chan struct{} // Carried waits for it to be closed
}

var _ tcptransport.Carrier = (*listener)(nil)

func (l *listener) Carried(_ *views.Peer, _ uint64, frames []tcptransport.Frame) {
	if l.shut != nil {
		<-l.shut
	}
	for _, f := range frames {
		l.frames <- f
	}
}

func (l *listener) Drained(link uint64) { l.drained <- link }

func listenOn(t *testing.T, f fabric, id string, changes ...func(*tcptransport.Config)) *listener {
	t.Helper()
	l := &listener{
		node:   listen(t, f, id, 1, changes...),
		frames: make(chan tcptransport.Frame, 1<<16), drained: make(chan uint64, 16),
	}
	l.Start(l.peer, l)
	return l
}

// channelTo links two nodes and returns the channel from one to the other.
func channelTo(t *testing.T, from, to *listener) (*tcptransport.Channel, uint64) {
	t.Helper()
	if err := from.Send(to.peer, 0, &membership.Message{Kind: membership.Heartbeat, Active: true}); err != nil {
		t.Fatal(err)
	}
	to.next()
	for _, l := range from.Links() {
		if c := from.Channel(l.Link); c != nil {
			from.Retain(l.Link, true)
			return c, l.Link
		}
	}
	t.Fatal("no link is up")
	return nil, 0
}

// frame makes a frame of the channel with a number and so many bytes in all.
func frame(number uint64, size int) []byte {
	b := wire.AppendHeader(nil, 32)
	b = binary.BigEndian.AppendUint64(b, number)
	b = append(b, bytes.Repeat([]byte{byte(number)}, max(0, size-len(b)))...)
	return wire.FinishFrame(b, 0)
}

// TestChannelOrder sends frames of all sizes, and messages between them.
func TestChannelOrder(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		a, b := listenOn(t, f, "a"), listenOn(t, f, "b")
		c, link := channelTo(t, a, b)
		sizes := []int{20, 128, 2 << 10, 2<<10 + 1, 32 << 10, 32<<10 + 1, 100_000, 1 << 20, 1<<20 + 64<<10, 20}
		var sent [][]byte
		for i, size := range sizes {
			sent = append(sent, frame(uint64(i), size))
		}
		copies := slices.Clone(sent)
		for i := range copies {
			copies[i] = bytes.Clone(copies[i])
		}
		for i := range sent {
			if _, err := c.Send(sent[i : i+1]...); err != nil {
				t.Fatal(err)
			}
			if err := a.Send(b.peer, link, &membership.Message{Kind: membership.Heartbeat, Active: true}); err != nil {
				t.Fatal(err)
			}
			if err := c.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for i := range sent {
			got := <-b.frames
			if got.Type != 32 || !bytes.Equal(got.Bytes, copies[i]) {
				t.Fatalf("frame %d: %d bytes, number %d, want %d bytes", i, len(got.Bytes),
					binary.BigEndian.Uint64(got.Body()), len(copies[i]))
			}
			b.next()
		}
		for i := range sent {
			if !bytes.Equal(sent[i], copies[i]) {
				t.Errorf("frame %d was modified", i)
			}
		}
	})
}

// TestChannelAfterClose closes a link whose other side has frames to send: all are received.
func TestChannelAfterClose(t *testing.T) {
	overHalfClosable(t, func(t *testing.T, f fabric) {
		a := listenOn(t, f, "a")
		b := listenOn(t, f, "b", func(c *tcptransport.Config) { c.Linger = patience })
		b.shut = make(chan struct{})
		c, _ := channelTo(t, a, b)
		const count = 2 * 128 // twice as many as are handed over at a time
		for i := range uint64(count) {
			if _, err := c.Send(frame(i, 1<<10)); err != nil {
				t.Fatal(err)
			}
		}
		b.Close(a.peer, 0)
		close(b.shut)
		for i := range uint64(count) {
			if got := binary.BigEndian.Uint64((<-b.frames).Body()); got != i {
				t.Fatalf("frame %d where %d was due", got, i)
			}
		}
		a.loses(b.peer, membership.Closed, nil)
		b.Stop()
		b.silent()
	})
}

// TestChannelMarks fills a channel whose far end does not read, and lets it read.
func TestChannelMarks(t *testing.T) {
	small := func(c *tcptransport.Config) { c.ChannelHigh, c.ChannelLow, c.MaxCarried = 64<<10, 16<<10, 64<<10 }
	inBubble(t, func(t *testing.T, f fabric) {
		a, b := listenOn(t, f, "a", small), listenOn(t, f, "b", small)
		b.shut = make(chan struct{})
		c, link := channelTo(t, a, b)
		sent := 0
		for {
			queued, err := c.Send(frame(uint64(sent), 1000))
			if errors.Is(err, tcptransport.ErrSlow) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if sent++; queued > 5*(64<<10) {
				t.Fatalf("%d bytes wait", queued)
			}
		}
		waiting := make(chan error)
		go func() { waiting <- c.Wait(t.Context()) }()
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for name, wait := range map[string]func(context.Context) error{"Wait": c.Wait, "Flush": c.Flush} {
			if err := wait(ended); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v, want that the context has ended", name, err)
			}
		}
		flushing := make(chan int)
		go func() {
			if err := c.Flush(t.Context()); err != nil {
				t.Error(err)
			}
			flushing <- c.Queued()
		}()
		synctest.Wait()
		close(b.shut)
		if err := <-waiting; err != nil {
			t.Error(err)
		}
		if got := <-a.drained; got != link {
			t.Errorf("link %d has drained, want %d", got, link)
		}
		for i := range sent {
			if got := binary.BigEndian.Uint64((<-b.frames).Body()); got != uint64(i) {
				t.Fatalf("frame %d, want %d", got, i)
			}
		}
		if n := <-flushing; n != 0 {
			t.Errorf("flushed with %d bytes to write", n)
		}
		if err := errors.Join(c.Wait(t.Context()), c.Flush(t.Context())); err != nil {
			t.Error(err)
		}
		if n := len(a.drained); n > 0 {
			t.Errorf("drained %d times more", n)
		}
	})
}

// TestChannelNotRead keeps sending to a peer that reads nothing.
func TestChannelNotRead(t *testing.T) {
	inBubble(t, func(t *testing.T, f fabric) {
		a, b := listenOn(t, f, "a"), listenOn(t, f, "b")
		b.shut = make(chan struct{})
		defer close(b.shut)
		c, _ := channelTo(t, a, b)
		for {
			if _, err := c.Send(frame(1, 64<<10)); err != nil {
				break
			}
		}
		e := a.next()
		if !e.lost || e.reason != membership.Slow && e.reason != membership.Silent {
			t.Errorf("%v, want that the link is lost, as slow", e)
		}
		if err := c.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := c.Send(frame(1, 100)); !errors.Is(err, tcptransport.ErrNoLink) {
			t.Errorf("%v, want %v", err, tcptransport.ErrNoLink)
		}
	})
}

// TestChannelFail ends a link from its channel.
func TestChannelFail(t *testing.T) {
	overAll(t, func(t *testing.T, f fabric) {
		a, b := listenOn(t, f, "a"), listenOn(t, f, "b")
		c, link := channelTo(t, a, b)
		if _, err := c.Send(make([]byte, 2<<20)); !errors.Is(err, tcptransport.ErrFrame) {
			t.Errorf("%v, want %v", err, tcptransport.ErrFrame)
		}
		c.Fail(membership.Slow, errors.New("because"))
		if e := a.next(); !e.lost || e.link != link || e.reason != membership.Slow {
			t.Errorf("%v, want link %d lost as slow", e, link)
		}
		if a.Channel(link) != nil {
			t.Error("the link still has a channel")
		}
	})
}

// TestBadParts sends parts that are no frame.
func TestBadParts(t *testing.T) {
	part := func(flags byte, body []byte) []byte {
		b := append(wire.AppendHeader(nil, 63), flags)
		return wire.FinishFrame(append(b, body...), 0)
	}
	whole := frame(7, 40_000)
	for name, frames := range map[string][][]byte{
		"empty":       {part(1, nil)},
		"no header":   {part(1, []byte{1, 2})},
		"no carried":  {part(1, wire.FinishFrame(append(wire.AppendHeader(nil, 1), make([]byte, 100)...), 0)[:50])},
		"too long":    {part(1, append([]byte{0xff, 0xff, 0xff, 0xff, 1, 32}, 1, 2, 3))},
		"ends early":  {part(1, whole[:1000]), part(0, whole[1000:2000])},
		"never ends":  {part(1, whole[:30_000]), part(1, whole[30_000:])},
		"goes beyond": {part(1, whole[:30_000]), part(0, append(slices.Clone(whole[30_000:]), 1))},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, f fabric) {
				a, b := listenOn(t, f, "a"), listenOn(t, f, "b", func(c *tcptransport.Config) { c.BadFrames = 1 })
				c, _ := channelTo(t, a, b)
				for _, bad := range frames {
					if _, err := c.Send(bad); err != nil {
						t.Fatal(err)
					}
				}
				if e := b.next(); !e.lost || !errors.Is(e.err, tcptransport.ErrBadFrames) {
					t.Errorf("%v, want that the link is lost for bad frames", e)
				}
				if n := len(b.frames); n > 0 {
					t.Errorf("%d frames were handed over", n)
				}
			})
		})
	}
}

// tally counts frames.
type tally struct {
	counting
	bytes uint64
}

func (c *tally) Carried(_ *views.Peer, _ uint64, frames []tcptransport.Frame) {
	n := uint64(len(frames))
	for _, f := range frames {
		c.bytes += uint64(len(f.Bytes))
	}
	if now := c.received.Add(n); now-n < c.target.Load() && now >= c.target.Load() {
		c.reached <- struct{}{}
	}
}

func (*tally) Drained(uint64) {}

// BenchmarkChannel sends frames on one link over loopback, as fast as its water
// marks allow.
func BenchmarkChannel(b *testing.B) {
	for _, size := range []int{128, 4 << 10, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			far := &tally{counting: counting{reached: make(chan struct{}, 1)}}
			far.target.Store(1)
			_, to := benchNode(b, "far", far)
			near, _ := benchNode(b, "near", &tally{})
			if err := near.Send(to, 0, &membership.Message{Kind: membership.Heartbeat, Active: true}); err != nil {
				b.Fatal(err)
			}
			<-far.reached
			link := near.Links()[0].Link
			near.Retain(link, true)
			c := near.Channel(link)
			f := frame(1, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			start := far.received.Load()
			far.target.Store(start + uint64(b.N))
			b.ResetTimer()
			for range b.N {
				if queued, err := c.Send(f); err != nil {
					b.Fatal(err)
				} else if queued > 1<<20 {
					_ = c.Wait(b.Context())
				}
			}
			<-far.reached
		})
	}
}

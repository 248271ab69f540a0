// Hello world over HTTP/1.1 on Java NIO: one thread, one Selector, one direct buffer that all connections read into.
// usage: java NioHttp          It picks a port and prints `listening on 127.0.0.1:PORT`.

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;

final class NioHttp {
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int RESPONSE_BYTES = 256;
    private static final int GET = 0x47455420; // "GET "
    private static final byte[] BAD_REQUEST =
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CLOSE = "connection: close".getBytes(StandardCharsets.US_ASCII);

    /** What a connection keeps from one event to the next: almost always nothing. */
    private static final class Exchange {
        byte[] partial;
        ByteBuffer rest;
        boolean last;
    }

    private final Selector selector = Selector.open();
    private final ByteBuffer input = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final ByteBuffer output = ByteBuffer.allocateDirect(BUFFER_BYTES / 8 * RESPONSE_BYTES);
    private byte[] hello = new byte[0];
    private long helloSecond = -1;

    private NioHttp() throws IOException {}

    private void renewHello() {
        long second = System.currentTimeMillis() / 1000;
        if (second == helloSecond) return;
        helloSecond = second;
        String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC));
        hello = ("HTTP/1.1 200 OK\r\nServer: nio\r\nDate: " + date + "\r\nContent-Type: text/plain\r\n"
            + "Content-Length: 14\r\nConnection: keep-alive\r\n\r\nHello, World!\n").getBytes(StandardCharsets.US_ASCII);
    }

    /** The end of the head that begins at `start`, or -1. */
    private int endOfHead(int start) {
        for (int at = start + 3; at < input.limit(); at++) {
            if (input.get(at) == '\n' && input.get(at - 1) == '\r' && input.get(at - 2) == '\n'
                && input.get(at - 3) == '\r') return at + 1;
        }
        return -1;
    }

    /** Whether the head asks for the connection to end. */
    private boolean asksToClose(int start, int end) {
        for (int at = start; at < end - CLOSE.length; at++) {
            if (input.get(at) == '\n' && hasCloseAt(at + 1)) return true;
        }
        return false;
    }

    private boolean hasCloseAt(int start) {
        for (int i = 0; i < CLOSE.length; i++) {
            int letter = input.get(start + i);
            if ((letter >= 'A' && letter <= 'Z' ? letter | 0x20 : letter) != CLOSE[i]) return false;
        }
        return true;
    }

    private void receive(SelectionKey key) throws IOException {
        SocketChannel channel = (SocketChannel) key.channel();
        Exchange exchange = (Exchange) key.attachment();
        input.clear();
        if (exchange.partial != null) input.put(exchange.partial);
        exchange.partial = null;
        if (channel.read(input) < 0) {
            channel.close();
            return;
        }
        input.flip();
        output.clear();
        int start = 0;
        for (int end = endOfHead(0); end > 0 && !exchange.last; end = endOfHead(start)) {
            boolean isGet = input.getInt(start) == GET;
            output.put(isGet ? hello : BAD_REQUEST);
            exchange.last = !isGet || asksToClose(start, end);
            start = end;
        }
        if (start < input.limit()) {
            exchange.partial = new byte[input.limit() - start];
            input.get(start, exchange.partial);
            if (exchange.partial.length == BUFFER_BYTES) exchange.last = true;
        }
        output.flip();
        send(key, output);
    }

    private void send(SelectionKey key, ByteBuffer bytes) throws IOException {
        SocketChannel channel = (SocketChannel) key.channel();
        Exchange exchange = (Exchange) key.attachment();
        channel.write(bytes);
        if (bytes.hasRemaining()) {
            exchange.rest = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
            key.interestOps(SelectionKey.OP_WRITE);
        } else if (exchange.last) {
            channel.close();
        } else if (exchange.rest != null) {
            exchange.rest = null;
            key.interestOps(SelectionKey.OP_READ);
        }
    }

    private void accept(ServerSocketChannel listener) throws IOException {
        for (SocketChannel channel = listener.accept(); channel != null; channel = listener.accept()) {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.register(selector, SelectionKey.OP_READ, new Exchange());
        }
    }

    private void onReady(SelectionKey key) {
        try {
            Exchange exchange = (Exchange) key.attachment();
            if (exchange == null) accept((ServerSocketChannel) key.channel());
            else if (exchange.rest != null) send(key, exchange.rest);
            else receive(key);
        } catch (IOException error) {
            key.cancel(); // the peer has reset it
            try {
                key.channel().close();
            } catch (IOException closing) {
                throw new IllegalStateException(closing);
            }
        }
    }

    private void run() throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress("127.0.0.1", 0), 4096);
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
        System.out.println("listening on 127.0.0.1:" + listener.socket().getLocalPort());
        while (true) {
            // The consumer form keeps no set of selected keys.
            selector.select(key -> {
                renewHello();
                onReady(key);
            });
        }
    }

    public static void main(String[] arguments) throws IOException {
        new NioHttp().run();
    }
}

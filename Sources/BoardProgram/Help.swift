enum Help {
  static let sender = """
    pi-sender: agrees on a key by Diffie-Hellman with one receiver and sends it an encrypted image.

    usage: pi-sender --listen ADDR:PORT --image FILE --name NAME [options]

      --listen ADDR:PORT        where to wait for the receiver; port 0 takes a free one (see --events)
      --image FILE              the image: a regular file of up to 64 GiB, empty ones too
      --store-encrypted FILE    keep the encrypted image
      --rate BITRATE            pace of the connection, for example 100mbit
      --connect-timeout DUR     how long to accept connections, until one has confirmed the key (60s)
      --attempts N              give up after so many refused connections (any number)
    \(common)

    example:
      pi-sender --listen 127.0.0.1:7400 --image cat.ppm --name alice
      pi-receiver --connect 127.0.0.1:7400 --store-decrypted copy.ppm --name bob
    """

  static let receiver = """
    pi-receiver: agrees on a key by Diffie-Hellman with a sender and receives its encrypted image.

    usage: pi-receiver --connect ADDR:PORT --name NAME [options]

      --connect ADDR:PORT       the sender; tried again and again until --connect-timeout,
                                also where a connection ends before the sender's HELLO
      --store-decrypted FILE    where the decrypted image appears once it is verified
      --store-encrypted FILE    keep the encrypted image as it arrived
      --max-bytes SIZE          refuse larger images (64GiB)
      --connect-timeout DUR     how long to try (10s)
    \(common)

    example:
      pi-sender --listen 127.0.0.1:7400 --image cat.ppm --name alice
      pi-receiver --connect 127.0.0.1:7400 --store-decrypted copy.ppm --name bob
    """

  static let interceptor = """
    pi-interceptor: stands between a receiver and its sender, passes on what they say, and makes the faults it is told to.

    usage: pi-interceptor --listen ADDR:PORT --connect ADDR:PORT --name NAME [options]

      --listen ADDR:PORT        where the receiver connects to; port 0 takes a free one (see --events)
      --connect ADDR:PORT       the sender; a connection of its own for each of the receiver's
      --name NAME               this board's name
      --fault SPEC              what is done to the stream, and where; may be repeated (below)
      --attack NAME             man-in-the-middle, reflection, replay:FILE, junk[:N], half-open[:N], drip[:DUR],
                                discrete-log
      --profile, --cipher, --group, --prime, --generator, --no-authentication
                                what the two boards are configured with
      --sender-name NAME, --receiver-name NAME
                                what a man in the middle calls itself (as the boards do)
      --store-image FILE        where an obtained image appears once it is whole and verified
      --record FILE             keep what both sides send, for replay
      --record-limit SIZE       longest recording (64MiB)
      --release FOLDER          a paused stream goes on when the file FOLDER/N is there, N being the fault's number
      --connect-timeout DUR     for the connection to the sender (10s)
      --hold-timeout DUR        longest pause (10m)
      --seed N                  seed of the random bytes that are put into streams
      --events                  what happens as JSON lines on standard error
      --help, --version

    SPEC is FROM@POSITION[:before|:after]=ACTION
      FROM       sender, receiver
      POSITION   PREAMBLE, HELLO, CONFIRM, HEADER, IMAGE, TRAILER, RECEIPT, END, byte:N of the image
      ACTION     flip:N|FIELD  set:FIELD:VALUE  cut  reset  append:N  drop[:N]  swap[:N]  duplicate[:N]  reflect
                 replay:FILE  hold:DUR  drip:DUR  pause
      FIELD      magic version type length role profile authentication cipher group nonce name public-value mac
                 image-length digest
      VALUE      a number, a name, random; for public-value also P P-1 P+1 non-residue longer shorter own

    example:
      pi-sender --listen 127.0.0.1:7400 --image cat.ppm --name alice
      pi-interceptor --listen 127.0.0.1:7401 --connect 127.0.0.1:7400 --name mallory --fault sender@byte:1000=flip:1
      pi-receiver --connect 127.0.0.1:7401 --store-decrypted copy.ppm --name bob

    runs until SIGTERM or SIGINT and prints one JSON object then. exit codes: 0 done, 4 listen, 11 storage, 64 usage,
    70 internal, 129 SIGHUP, 152 SIGXCPU
    """

  private static let common = """
      --name NAME               this board's name: lower-case letters, digits, hyphens
      --peer NAME               refuse a peer of another name
      --profile classic|sealed  classic: unauthenticated, AES-128 in ECB or CTR mode (default)
                                sealed: authenticated encryption, both boards hold one pre-shared key
      --cipher NAME             classic: aes-128-ecb (default), aes-128-ctr; sealed: cobblestone-128
      --group NAME              ffdhe2048 (classic), ffdhe3072 (sealed), ffdhe4096
      --prime P --generator G   a group of your own; decimal or 0x...
      --psk-file FILE           the pre-shared key: 32 bytes, mode 0600
      --no-authentication       profile sealed without a pre-shared key
      --private-exponent N      fixed exponent, for teaching only; decimal or 0x...
      --digest LIST             plaintext,ciphertext: hash these on the way (none)
      --handshake-timeout DUR   from connection to confirmed key (10s)
      --idle-timeout DUR        how long no byte may move (30s)
      --durable                 stored files outlast a power failure (fsync); the receipt comes after that
      --events                  progress as JSON lines on standard error
      --help, --version

    prints one JSON object. exit codes: 0 done, 3 image, 4 listen, 5 connection, 6 protocol, 7 mismatch,
    8 public value, 9 key confirmation, 10 integrity, 11 storage, 12 time-out, 13 peer gave up, 64 usage,
    70 internal, 129 SIGHUP, 130 SIGINT, 143 SIGTERM, 152 SIGXCPU
    """
}

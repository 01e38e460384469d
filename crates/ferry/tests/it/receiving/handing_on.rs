//! Another program gets what comes in too, and somebody is told what is wrong.

use std::net::TcpListener;

use super::*;

/// A program that takes one request after the other.
struct Program {
    listener: TcpListener,
    url: String,
}

impl Program {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        Self { listener, url }
    }

    /// Takes a request, and gives its head in lower case and its body.
    fn take(&self) -> (String, String) {
        let (stream, _) = self.listener.accept().unwrap();
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
        }
        let head = head.to_ascii_lowercase();
        let length = head.lines().find_map(|it| it.strip_prefix("content-length: ")).unwrap().parse().unwrap();
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        reader.get_mut().write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").unwrap();
        (head, String::from_utf8(body).unwrap())
    }

    fn was_called(&self) -> bool {
        self.listener.set_nonblocking(true).unwrap();
        let was_called = self.listener.accept().is_ok();
        self.listener.set_nonblocking(false).unwrap();
        was_called
    }
}

/// A world that hands bodies on to an address.
fn handing_on_to(url: &str) -> World {
    let world = world_of_ana();
    world.replan(
        "verify_token_env = \"TEST_META_VERIFY\"\n",
        &format!("verify_token_env = \"TEST_META_VERIFY\"\nforward = \"{url}\"\n"),
    );
    world
}

/// The numbers of the bodies that wait, with their states.
fn queue(world: &World) -> Vec<String> {
    let url = format!("sqlite:{}", world.path("ferry.db").display());
    texts(&url, "select body_id || ' ' || state from forward_queue order by body_id")
}

#[test]
fn todays_helpdesk_gets_the_body_with_its_signature_after_it_was_stored() {
    let helpdesk = Program::start();
    let world = handing_on_to(&helpdesk.url);
    let server = Server::start(&world);
    let hello = text_of_ana("wamid.1", "hello");
    assert_eq!(server.post(&hello).0, 200);
    let (head, body) = helpdesk.take();
    assert_eq!(body, hello);
    assert!(head.starts_with("post /hook http/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("x-hub-signature-256: {}\r\n", signature(&hello, SECRET))), "{head}");
    assert!(head.contains("content-type: application/json\r\n"), "{head}");
    // A forged body goes nowhere.
    assert_eq!(server.post_signed(&hello, "sha256=00").0, 401);
    server.stop();
    assert!(queue(&world).is_empty());
    assert!(!helpdesk.was_called());
}

#[test]
fn a_helpdesk_that_is_gone_delays_no_answer_and_gets_everything_when_it_is_back() {
    let gone = Program::start().url;
    let world = handing_on_to(&gone);
    let server = Server::start(&world);
    let bodies = ["wamid.1", "wamid.2", "wamid.3"].map(|id| text_of_ana(id, "hello"));
    for body in &bodies {
        assert_eq!(server.post(body).0, 200);
    }
    server.stop();
    assert_eq!(queue(&world), ["1 waiting", "2 waiting", "3 waiting"]);

    let helpdesk = Program::start();
    world.replan(&gone, &helpdesk.url);
    // A replay has no effects.
    let replayed = serve(&world, &["--replay"]).output().unwrap();
    assert_eq!(replayed.status.code(), Some(0), "{replayed:?}");
    assert!(!helpdesk.was_called());
    assert_eq!(queue(&world).len(), 3);

    let server = Server::start(&world);
    let mut taken = [helpdesk.take().1, helpdesk.take().1, helpdesk.take().1];
    taken.sort();
    assert_eq!(taken, bodies);
    server.stop();
    assert!(queue(&world).is_empty());
}

#[test]
fn what_was_given_up_is_handed_on_again_if_somebody_says_so() {
    let gone = Program::start().url;
    let world = handing_on_to(&gone);
    let server = Server::start(&world);
    let hello = text_of_ana("wamid.1", "hello");
    assert_eq!(server.post(&hello).0, 200);
    server.stop();
    let url = format!("sqlite:{}", world.path("ferry.db").display());
    texts(&url, "update forward_queue set state = 'given_up' returning 'x'");
    let helpdesk = Program::start();
    world.replan(&gone, &helpdesk.url);
    let server = Server::start(&world);
    let retried = printed(&world, &["webhook", "retry", "plan.toml", "meta"]);
    assert_eq!(retried, "bodies that are handed on again: 1\n");
    assert_eq!(helpdesk.take().1, hello);
    server.stop();
    assert!(queue(&world).is_empty());
    assert_eq!(printed(&world, &["webhook", "retry"]), "bodies that are handed on again: 0\n");
}

/// What another command prints.
fn printed(world: &World, arguments: &[&str]) -> String {
    let ended = world.ferry(arguments);
    assert_eq!(ended.code, 0, "{ended:?}");
    ended.out
}

#[test]
fn somebody_is_told_what_is_wrong() {
    let world = world_of_ana();
    let server = Server::start(&world);
    assert_eq!(server.post("no json").0, 200);
    server.stop();
    let told = Program::start();
    let mut process = serve(&world, &["--listen", "127.0.0.1:0", "--notify", &told.url])
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let body: Value = serde_json::from_str(&told.take().1).unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!((&body["command"], &body["status"]), (&json!("serve"), &json!("alerts")));
    let text = "parts of bodies that cannot be read: 1; ferry events dead lists them";
    let notice = json!({ "kind": "dead_letters", "subject": "", "text": text, "is_over": false });
    assert_eq!(body["notices"], json!([notice]));
}
